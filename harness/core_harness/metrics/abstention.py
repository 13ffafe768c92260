"""Unanswered pairs and unsure ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from core_harness.metrics.bootstrap import Statistic
from core_harness.metrics.classification import says_yes
from core_harness.metrics.influence import Smooth, is_dense, of_slopes, share_slopes
from core_harness.metrics.segments import POOLED, Floats, Segments
from core_harness.metrics.sums import cluster_sums, quotient, ratio


def answer_rate(rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return the share of the asked pairs that have a score."""
    sums = cluster_sums(rows, clusters, rows["score"].is_not_null().to_numpy(), np.ones(rows.height))

    def statistic(weights: Floats) -> Floats:
        answered, asked = sums @ weights
        return ratio(answered, asked)

    return statistic


def risk_coverage_area(rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return the area under the risk-coverage curve (Geifman and El-Yaniv 2017); less is better.

    Pairs are taken surest first, those whose score is furthest from .5. The risk is the share of wrong
    answers at .5 among the pairs taken so far, and the area is its mean over all pairs. Equally sure
    pairs are taken together. Where sureness says nothing, the area is the share of wrong answers.
    Scores are probabilities.
    """
    by_sureness = rows.with_columns(
        (says_yes(rows) != (rows["label"] == 1)).cast(pl.UInt8).alias("label"),
        pl.max_horizontal("score", 1 - pl.col("score")),
    )
    segments = Segments.of(by_sureness, POOLED, clusters)

    def statistic(weights: Floats) -> Floats:
        wrong = (segments.positive @ weights)[::-1]
        pairs = wrong + (segments.negative @ weights)[::-1]
        taken = np.cumsum(pairs, axis=0)
        risk = quotient(np.cumsum(wrong, axis=0), taken)
        return ratio((pairs * risk).sum(axis=0), pairs.sum(axis=0))

    def influence() -> Floats | None:
        if not is_dense(segments):
            return None
        return of_slopes(segments, share_slopes(segments, counts_negatives=True))

    return Smooth(statistic, influence)


def risk_coverage(rows: pl.DataFrame, *, points: int = 40) -> tuple[tuple[float, float], ...]:
    """Return the risk-coverage curve as (coverage, risk), from the surest pairs to all of them.

    Its area is :func:`risk_coverage_area`. Equally sure pairs are taken together, so that there may be
    fewer points than asked for. Scores are probabilities; without a row there is no point.
    """
    if rows.is_empty():
        return ()
    taken = (
        rows.select(
            pl.max_horizontal("score", 1 - pl.col("score")).alias("sureness"),
            wrong=says_yes(rows) != (rows["label"] == 1),
        )
        .group_by("sureness")
        .agg(pl.len().alias("pairs"), pl.col("wrong").cast(pl.Int64).sum())
        .sort("sureness", descending=True)
        .select(pl.col("pairs", "wrong").cum_sum())
    )
    coverage = taken["pairs"].to_numpy() / rows.height
    risk = taken["wrong"].to_numpy() / taken["pairs"].to_numpy()
    shown = np.unique(np.searchsorted(coverage, np.linspace(1 / points, 1, points) - 1e-12))
    return tuple((float(coverage[at]), float(risk[at])) for at in shown)


def _gene_prior(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("score").fill_null(pl.col("gene_rate")))


def _wrong(rows: pl.DataFrame) -> pl.DataFrame:
    rank = pl.col("score").rank("dense").cast(pl.Float64)
    worst = pl.when(pl.col("label") == 1).then(0.0).otherwise(rows.height + 1.0)
    return rows.with_columns(rank.fill_null(worst).alias("score"))


FILLS: Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]] = {"gene_prior": _gene_prior, "wrong": _wrong}
"""Policies that give unanswered pairs a place in a ranking; a third, ``drop``, leaves them out.

``gene_prior`` gives them their gene's rate. ``wrong`` puts a positive below and a negative above everything
that was answered, so that it loses every comparison; scores become ranks, which any score has room for.
"""
