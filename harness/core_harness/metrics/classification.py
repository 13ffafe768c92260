"""Yes or no at a threshold of .5, over all pairs: formulas of the four counts.

They need probabilities: .5 means nothing for other scores. Gene frequency does well in all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl

from core_harness.metrics.bootstrap import Statistic
from core_harness.metrics.segments import Floats
from core_harness.metrics.sums import cluster_sums, ratio

THRESHOLD = 0.5
"""A score of it or above is a yes."""


class Confusion(NamedTuple):
    """Pairs by answer and label in each resample, shape (resamples,): true and false, yes and no."""

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats


def of_confusion(formula: Callable[[Confusion], Floats], rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return ``formula`` of the counts of ``rows``, as a function of the weights of the clusters."""
    yes = says_yes(rows).to_numpy()
    moved = (rows["label"] == 1).to_numpy()
    counts = cluster_sums(rows, clusters, yes & moved, yes & ~moved, ~yes & moved, ~yes & ~moved)
    return lambda weights: formula(Confusion(*(counts @ weights)))


def says_yes(rows: pl.DataFrame) -> pl.Series:
    """Return whether the score of each pair is a yes."""
    return rows["score"] >= THRESHOLD


def accuracy(n: Confusion) -> Floats:
    """Return the share of right answers."""
    return ratio(n.tp + n.tn, n.tp + n.fp + n.fn + n.tn)


def balanced_accuracy(n: Confusion) -> Floats:
    """Return the mean of sensitivity and specificity. Not defined without both classes."""
    return (ratio(n.tp, n.tp + n.fn) + ratio(n.tn, n.tn + n.fp)) / 2


def f1(n: Confusion) -> Floats:
    """Return the harmonic mean of precision and sensitivity. Not defined without a positive or a yes."""
    return ratio(2 * n.tp, 2 * n.tp + n.fp + n.fn)


def mcc(n: Confusion) -> Floats:
    """Return the correlation of answer and label (Matthews 1975).

    Not defined without both classes, or where all answers are the same: nothing correlates with a
    constant.
    """
    margins = (n.tp + n.fp) * (n.tp + n.fn) * (n.tn + n.fp) * (n.tn + n.fn)
    return ratio(n.tp * n.tn - n.fp * n.fn, np.sqrt(margins))


def overestimation(n: Confusion) -> Floats:
    """Return the share of yes by that of positives: above 1 where yes is said too often."""
    return ratio(n.tp + n.fp, n.tp + n.fn)
