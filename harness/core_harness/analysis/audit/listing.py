"""What a dataset gives away by what it lists and by how it was measured, before any label is read."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from core_harness.data.rates import gene_rate_of
from core_harness.data.splits import Split
from core_harness.errors import MissingDataError
from core_harness.evaluation.both import direction_of
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.metrics import Estimate, report
from core_harness.metrics.segments import PERTURBATION

_PAIR = [*PERTURBATION, "gene"]


def rows_listed(spec: RunSpec, session: Session) -> Mapping[str, Estimate]:
    """Return metrics of one score: how many pairs of its perturbation the test list has."""
    split = session.load(spec).split
    listed = pl.len().over(PERTURBATION).cast(pl.Float64)
    return _metrics(split, split.queries.with_columns(listed.alias("score")), spec, session)


def listed_elsewhere(spec: RunSpec, session: Session, others: pl.DataFrame) -> Mapping[str, Estimate]:
    """Return metrics of another: in how many of the other contexts the pair is listed.

    ``others`` has ``context, perturbation, gene``, a row a pair.
    """
    split = session.load(spec).split
    number = others.group_by("perturbation", "gene").agg(pl.len().cast(pl.Float64).alias("score"))
    scored = split.queries.join(number, on=["perturbation", "gene"], how="left")
    return _metrics(split, scored.with_columns(pl.col("score").fill_null(0.0)), spec, session)


def measured_by(column: str, spec: RunSpec, session: Session) -> Mapping[str, Estimate] | None:
    """Return metrics of another: what a column says of the perturbation, such as its number of cells.

    None where the dataset does not have the column, or a perturbation without it.
    """
    loaded = session.load(spec)
    if column not in loaded.rows.columns:
        return None
    known = loaded.rows.group_by(PERTURBATION).agg(pl.col(column).mean().alias("score"))
    scored = loaded.split.queries.join(known, on=PERTURBATION, how="left")
    if scored["score"].has_nulls() or scored["score"].is_nan().any():
        return None
    return _metrics(loaded.split, scored, spec, session)


def direction_listed(spec: RunSpec, session: Session) -> Mapping[str, Estimate] | None:
    """Return metrics of another: whether the test list of the dataset's direction has the pair.

    None where the dataset has no direction on this machine.
    """
    split = session.load(spec).split
    try:
        direction = direction_of(session, spec)
        if direction is None:
            return None
        listed = session.load(direction).split.queries.select(*_PAIR, pl.lit(1.0).alias("score"))
    except MissingDataError:
        return None
    scored = split.queries.join(listed, on=_PAIR, how="left").with_columns(pl.col("score").fill_null(0.0))
    return _metrics(split, scored, spec, session)


def _metrics(split: Split, scored: pl.DataFrame, spec: RunSpec, session: Session) -> Mapping[str, Estimate]:
    rows = scored.join(split.truth, on="pair_id")
    rows = rows.with_columns(
        pl.lit("ok").alias("status"), gene_rate_of(rows, split.support).alias("gene_rate")
    )
    return report(rows, seed=spec.seed, resamples=session.resamples).metrics
