"""How far probabilities are from what comes true, as functions of the weights of the clusters.

All rows must have a score within [0, 1]. Sums run through sparse products, one addend after the other,
so that the number of threads changes no bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.sparse as sp

from core_harness.metrics.bins import equal_mass
from core_harness.metrics.bootstrap import Statistic
from core_harness.metrics.scored import EPSILON
from core_harness.metrics.segments import Floats
from core_harness.metrics.sums import cluster_sums, ratio

BINS = 10
"""Bins of the expected calibration error and of the reliability curve, of equal mass."""

HIGHEST_LOSS = -math.log(EPSILON)
"""Log loss of scores that are all surely wrong."""


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """One point of the reliability curve.

    Attributes
    ----------
    mean_score
        Mean score of the bin's pairs.
    positives
        Share of them that have label 1.
    pairs
        Their number.
    """

    mean_score: float
    positives: float
    pairs: int


def brier(rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return the mean squared difference of score and label (Brier 1950)."""
    sums = cluster_sums(rows, clusters, _squared_errors(rows, "score"), np.ones(rows.height))

    def statistic(weights: Floats) -> Floats:
        errors, pairs = sums @ weights
        return ratio(errors, pairs)

    return statistic


def brier_skill(rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return 1 - Brier score / Brier score of the gene's rate: 0 for gene frequency, 1 at best."""
    sums = cluster_sums(rows, clusters, _squared_errors(rows, "score"), _squared_errors(rows, "gene_rate"))

    def statistic(weights: Floats) -> Floats:
        errors, of_rate = sums @ weights
        return 1 - ratio(errors, of_rate)

    return statistic


def log_loss(rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return the mean of -log(probability of the label that came true).

    The probability counts as at least :data:`~core_harness.metrics.scored.EPSILON`, so that a sure error
    costs :data:`HIGHEST_LOSS` and not everything.
    """
    score = rows["score"].to_numpy()
    came_true = np.where((rows["label"] == 1).to_numpy(), score, 1 - score)
    sums = cluster_sums(rows, clusters, -np.log(np.maximum(came_true, EPSILON)), np.ones(rows.height))

    def statistic(weights: Floats) -> Floats:
        loss, pairs = sums @ weights
        return ratio(loss, pairs)

    return statistic


def calibration_ratio(rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return the sum of scores by the number of positives: 1 where the mean score is right."""
    sums = cluster_sums(rows, clusters, rows["score"].to_numpy(), (rows["label"] == 1).to_numpy())

    def statistic(weights: Floats) -> Floats:
        scores, positives = sums @ weights
        return ratio(scores, positives)

    return statistic


def expected_calibration_error(rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return the mean distance of mean score and mean label over bins, weighted by size.

    The bins (:func:`~core_harness.metrics.bins.equal_mass`) are made once, from all pairs, and are the same
    in every resample.
    """
    error = (rows["score"] - rows["label"]).to_numpy()
    where = (equal_mass(rows["score"], BINS), rows["cluster"].to_numpy())
    errors = sp.csr_array((error, where), shape=(BINS, clusters))
    pairs = cluster_sums(rows, clusters, np.ones(rows.height))
    return lambda weights: ratio(np.abs(errors @ weights).sum(axis=0), (pairs @ weights)[0])


def reliability(rows: pl.DataFrame) -> tuple[ReliabilityBin, ...]:
    """Return the reliability curve: the bins of the expected calibration error that hold a pair."""
    bins = equal_mass(rows["score"], BINS)
    pairs, scores, positives = (
        np.bincount(bins, column, BINS)
        for column in (np.ones(rows.height), rows["score"].to_numpy(), rows["label"].to_numpy())
    )
    return tuple(
        ReliabilityBin(mean_score=float(score / n), positives=float(positive / n), pairs=int(n))
        for n, score, positive in zip(pairs, scores, positives, strict=True)
        if n
    )


def _squared_errors(rows: pl.DataFrame, column: str) -> Floats:
    return ((rows[column] - rows["label"]) ** 2).to_numpy()
