"""What predictions that were made elsewhere rest on: the (context, perturbation) pairs that a method saw.

They say in which regime the predictions are: of the queries' own context, of other contexts, or of both.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from core_harness.data.predicted.columns import names_in
from core_harness.data.splits import AWAY
from core_harness.data.tables import match_names
from core_harness.data.tables.reading import find_column, has_column, read_table, without_blank_rows
from core_harness.errors import DataError, UsageError
from core_harness.evaluation.loaded import Loaded
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.runs.handed_in import TrainedOn
from core_harness.vocabulary import Regime

TRAIN = "train"
"""In place of a file: the train rows of the dataset, in the regime that is asked for."""

_UNIT = ["context", "perturbation"]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a method saw, and what it is asked then."""

    spec: RunSpec
    loaded: Loaded
    record: TrainedOn


def trained_on(what: str, spec: RunSpec, session: Session) -> Trained:
    """Return the regime that follows from what a method was trained on, and the dataset divided by it.

    Parameters
    ----------
    what
        A table with the columns ``perturbation`` (or ``pert``) and, unless the dataset has a single context,
        ``context``; or :data:`TRAIN`.
    spec
        Dataset, and perhaps a regime with its contexts, which must then be the one that follows.
    session
        Where the dataset is loaded.

    Raises
    ------
    DataError
        A test perturbation is among the pairs: the method has seen the answers. Or a pair is not of the train
        rows that methods may learn from in the regime.
    UsageError
        Another regime is asked for, or one of two is to be chosen.
    """
    if what == TRAIN:
        loaded = session.load(spec)
        units = loaded.split.support.select(_UNIT).unique().sort(_UNIT)
        return Trained(spec=spec, loaded=loaded, record=_record(TRAIN, units))
    path = Path(what).expanduser()
    alone = session.load(replace(spec, regime=None, support_contexts=()))
    asked = alone.split.queries
    own = asked["context"].unique().sort().to_list()
    units, _ = match_names(_read(path, own), alone.rows, agent=alone.task.agent)
    seen = asked.select(_UNIT).unique().join(units, on=_UNIT, how="semi").sort(_UNIT)
    if seen.height:
        context, perturbation = seen.row(0)
        raise DataError(
            f"{path}: {seen.height:,} of the pairs are asked about ({perturbation} in {context}), so the "
            "method has seen the answers; train it without them"
        )
    contexts = units["context"].unique().sort().to_list()
    regime = _regime(contexts, own, spec.regime, path)
    others = () if regime == "unseen-perturbation" else tuple(contexts)
    spec = replace(spec, regime=regime, support_contexts=others)
    loaded = session.load(spec)
    more = units.join(loaded.split.support, on=_UNIT, how="anti").sort(_UNIT)
    if more.height:
        context, perturbation = more.row(0)
        raise DataError(
            f"{path}: {more.height:,} of the pairs are no train rows in the regime {regime} ({perturbation} "
            f"in {context}); what learnt from more than others may is scored without --trained-on"
        )
    return Trained(spec=spec, loaded=loaded, record=_record(path.name, units))


def contexts_in_any_case(contexts: Sequence[str]) -> dict[str, str]:
    """Return contexts by their small letters, without those that differ in case alone."""
    folded = Counter(context.lower() for context in contexts)
    return {context.lower(): context for context in contexts if folded[context.lower()] == 1}


def _regime(contexts: list[str], own: list[str], wanted: Regime | None, path: Path) -> Regime:
    """Return the regime of a method that saw these contexts, where ``own`` are asked about."""
    if not {*contexts} & {*own}:
        if wanted not in AWAY:
            raise UsageError(
                f"{path} has no pair of {', '.join(own)}, so nothing of it was seen; say --regime "
                f"{' or --regime '.join(AWAY)}"
            )
        return wanted
    regime: Regime = "unseen-perturbation" if contexts == own and len(own) == 1 else "cross-context"
    if wanted not in {None, regime}:
        raise UsageError(
            f"{path} has pairs of {', '.join(contexts)}, which is the regime {regime} and not {wanted}"
        )
    return regime


def _read(path: Path, own: list[str]) -> pl.DataFrame:
    """Return ``context, perturbation`` of a table, each pair once, sorted."""
    table, _ = without_blank_rows(read_table(path))
    perturbation = names_in(table, find_column(table, "perturbation", "pert", path=path), path)
    units = pl.DataFrame({"perturbation": perturbation})
    if has_column(table, "context"):
        written = names_in(table, find_column(table, "context", path=path), path)
        known = contexts_in_any_case(own)
        context = written.str.to_lowercase().replace_strict(known, default=written, return_dtype=pl.String)
    elif len(own) == 1:
        context = pl.Series([own[0]] * table.height)
    else:
        raise DataError(f"{path} has no column 'context', and the dataset has {', '.join(own)}; add it")
    return units.with_columns(context.alias("context")).select(_UNIT).unique().sort(_UNIT)


def _record(name: str, units: pl.DataFrame) -> TrainedOn:
    digest = hashlib.sha256(units.write_csv().encode()).hexdigest()
    return TrainedOn(name=name, sha256=digest, pairs=units.height)
