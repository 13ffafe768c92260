"""The calibration slope: how extreme the scores ought to be, by how extreme they are."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness.metrics.bootstrap import Statistic, undefined
from core_harness.metrics.scored import log_odds
from core_harness.metrics.segments import Floats
from core_harness.metrics.sums import cluster_sums, ratio

_STEPS = 50
"""Newton steps at most; eight are usual."""

_CONVERGED = 1e-10
"""A step of no more than this ends the fit."""

_SINGULAR = 1e-12
"""Where the log odds of the pairs that decide vary by less, as a share of the variance of all, none do."""


def calibration_slope(rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return the slope of the logistic regression of the label on the log odds of the score (Cox 1958).

    At 1 scores are as extreme as they should be; below it they are too extreme, above it too timid. Not
    defined where a threshold parts the classes: the slope of the best fit is infinite then.

    In a resample one Newton step is taken from the fit to all pairs. That is right to first order
    (Moulton and Zeger 1991), and takes no more than sums by cluster.
    """
    odds = log_odds(rows)
    moved = (rows["label"] == 1).to_numpy()
    if not _overlap(odds[moved], odds[~moved]):
        return undefined
    unit = float(odds.std())
    odds = (odds - odds.mean()) / unit
    level, slope = _fit(odds, moved)
    expected = _chance(level + slope * odds)
    missing, spread = moved - expected, expected * (1 - expected)
    columns = (missing, missing * odds, spread, spread * odds, spread * odds**2)
    sums = cluster_sums(rows, clusters, *columns)

    def statistic(weights: Floats) -> Floats:
        g0, g1, h0, h1, h2 = sums @ weights
        determinant = h0 * h2 - h1**2
        determinant[determinant <= _SINGULAR * h0**2] = 0.0
        step = ratio(h0 * g1 - h1 * g0, determinant)
        return np.asarray((slope + step) / unit)

    return statistic


def _overlap(positive: Floats, negative: Floats) -> bool:
    """Return whether no threshold parts the classes; a finite best fit exists just then."""
    if not (len(positive) and len(negative)):
        return False
    return bool(positive.max() > negative.min() and negative.max() > positive.min())


def _fit(x: Floats, moved: NDArray[np.bool_]) -> Floats:
    """Return intercept and slope of greatest likelihood, by Newton's method with steps that go downhill."""

    def loss(point: Floats) -> float:
        odds = point[0] + point[1] * x
        return float((np.logaddexp(0.0, odds) - moved * odds).sum())

    point = np.zeros(2)
    for _ in range(_STEPS):
        expected = _chance(point[0] + point[1] * x)
        missing, spread = moved - expected, expected * (1 - expected)
        h0, h1, h2 = spread.sum(), (spread * x).sum(), (spread * x**2).sum()
        gradient = [missing.sum(), (missing * x).sum()]
        step = np.linalg.lstsq([[h0, h1], [h1, h2]], gradient, rcond=None)[0]
        while np.abs(step).max() > _CONVERGED and loss(point + step) > loss(point):
            step = step / 2
        point = point + step
        if np.abs(step).max() <= _CONVERGED:
            break
    return point


def _chance(odds: Floats) -> Floats:
    """Return the probability of log odds, without overflow."""
    return (1 + np.tanh(odds / 2)) / 2
