"""The cluster bootstrap: perturbations are drawn, and their pairs come with them.

Intervals are the estimate +- 1.96 standard deviations of the resamples, not their percentiles. In a
resample some genes lose a class and drop out of a macro mean, so the resamples drift away from the
estimate, and percentiles with them; their spread does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core_harness.metrics.segments import Floats

Z = 1.96
"""Half width of a 95 % interval in standard deviations."""

Metric = Callable[[Floats], Floats]
"""Takes whole weights, float64 of shape (clusters, resamples), and returns the value in each resample.

The value is NaN where the metric is not defined.
"""

CELLS = 200_000
"""Pairs x resamples held in one array at a time: bounds memory, and stays near the processor's cache."""

_STREAM = 1
"""Keeps these draws apart from whatever else draws with the seed of a run."""


def cluster_weights(clusters: int, *, seed: int, resamples: int) -> Floats:
    """Return how often each cluster is drawn in each resample, shape (clusters, resamples).

    ``clusters`` are drawn with replacement (multinomial), so that each column sums to their number.
    Two runs on the same pairs with the same seed get the same weights.
    """
    if not clusters:
        return np.zeros((0, resamples))
    rng = np.random.default_rng([seed, _STREAM])
    drawn = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=resamples)
    return np.ascontiguousarray(drawn.T, dtype=np.float64)


def undefined(weights: Floats) -> Floats:
    """Return NaN for each resample: a :data:`Metric` of pairs on which it is not defined."""
    return np.full(weights.shape[1], np.nan)


@dataclass(frozen=True, kw_only=True, eq=False)
class Measure:
    """A metric of given pairs, as a function of how often each cluster was drawn.

    Attributes
    ----------
    of
        The metric.
    clusters
        Number of clusters of all asked pairs.
    genes, perturbations, pairs
        What the metric rests on; genes and perturbations are counted by context.
    """

    of: Metric
    clusters: int
    genes: int
    perturbations: int
    pairs: int

    def estimate(self) -> float:
        """Return the value on the pairs as they are; NaN where it is not defined."""
        return float(self.of(np.ones((self.clusters, 1)))[0])

    def resampled(self, weights: Floats) -> Floats:
        """Return the value in each resample of ``weights``; NaN where it is not defined there."""
        step = max(1, CELLS // max(1, self.pairs))
        starts = range(0, weights.shape[1], step)
        values = [self.of(np.ascontiguousarray(weights[:, start : start + step])) for start in starts]
        return np.concatenate([np.empty(0), *values])
