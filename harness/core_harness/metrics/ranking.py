"""Ranking metrics as functions of the weights of the clusters.

Each takes segments and weights of shape (clusters, resamples) and returns one value a resample, NaN
where the metric is not defined. Weights are whole numbers, so sums of them are exact in float64.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core_harness.metrics.segments import Floats, Segments
from core_harness.metrics.sums import quotient, ratio

OfSegments = Callable[[Segments, Floats], Floats]
"""A ranking metric."""


def macro_auroc(segments: Segments, weights: Floats) -> Floats:
    """Return the mean AUROC over the segments that have both classes.

    Over genes this is PerturbQA's ``auc_per_gene`` (Wu et al., ICLR 2025); over one segment it is the
    pooled AUROC. In a resample the mean is over the segments that still have both classes.
    """
    wins, contrasts = _wins(segments, weights)
    aurocs = quotient(wins, contrasts)
    return ratio(aurocs.sum(axis=0), (contrasts > 0).sum(axis=0, dtype=np.float64))


def weighted_auroc(segments: Segments, weights: Floats) -> Floats:
    """Return the mean AUROC weighted by the segments' positives x negatives.

    It is the share of all positive-negative pairs within segments that are ranked rightly.
    """
    wins, contrasts = _wins(segments, weights)
    return ratio(wins.sum(axis=0), contrasts.sum(axis=0))


def average_precision(segments: Segments, weights: Floats) -> Floats:
    """Return the average precision over all ties of one segment: sum of (R_n - R_n-1) * P_n.

    Pairs of equal score enter together, as in scikit-learn's ``average_precision_score``: a constant
    score gives the prevalence. Not defined without positives.
    """
    positive = (segments.positive @ weights)[::-1]
    negative = (segments.negative @ weights)[::-1]
    found = np.cumsum(positive, axis=0)
    taken = found + np.cumsum(negative, axis=0)
    precision = quotient(found, taken)
    return ratio((positive * precision).sum(axis=0), positive.sum(axis=0))


def _wins(segments: Segments, weights: Floats) -> tuple[Floats, Floats]:
    """Return wins and contrasts of each segment and resample, shape (segments, resamples).

    A contrast is a positive beside a negative; it is won by the higher score, a tie counts half
    (Mann-Whitney, mid-ranks).
    """
    positive = segments.positive @ weights
    negative = segments.negative @ weights
    below = np.cumsum(negative, axis=0)
    before = below[segments.first] - negative[segments.first]  # negatives of the segments before this one
    below -= negative / 2
    below *= positive
    positives = segments.members @ positive
    wins = segments.members @ below - before * positives
    return wins, positives * (segments.members @ negative)
