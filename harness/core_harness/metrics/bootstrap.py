"""The cluster bootstrap: perturbations are drawn, and their pairs come with them.

Half as many perturbations are drawn in each resample as there are ("m out of n": Bickel, Götze and van Zwet,
Statistica Sinica 7, 1997). Resamples of m of n clusters spread like worlds of m clusters, so that

    deviation of the estimate = sqrt(m / n) * deviation of the resamples.

With m = n a gene that has one positive, and on K562 half of those that count have no more, can only keep it
or drop out of the macro mean; it is never given another, and intervals come out too narrow. With m = n / 2
what the genes lose and what their pairs vary stand in the right proportion (``benchmarks/intervals.py``).

Intervals are the estimate +- 1.96 such deviations, not percentiles of the resamples: genes that drop out move
the middle of the resamples away from the estimate, and percentiles with it; their spread does not move.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core_harness.metrics.segments import Floats

SHARE = 0.5
"""Of the clusters, drawn in each resample; chosen on simulated worlds."""

FEWEST_PERTURBATIONS = 6
FEWEST_SEGMENTS = 6
"""What a figure has to rest on to have an interval: perturbations, and genes where it is a mean over genes.

On simulated worlds with as many or more, intervals cover what they have to in 93 % of cases or more; with
fewer perturbations or genes, in as little as 49 % (``benchmarks/intervals.py --few``).
"""

Statistic = Callable[[Floats], Floats]
"""A metric of given pairs, as a function of how often each cluster is drawn.

It takes whole weights, float64 of shape (clusters, resamples), and returns the value in each resample, NaN
where the metric is not defined.
"""

Interval = Literal["bootstrap", "influence"]
"""Where an interval comes from: the metric in each resample, or what it is there to first order."""

MOST_CELLS = 100_000_000
"""Pairs x resamples up to which a metric is resampled as it is, whatever the data: some ten seconds for all.

Above it the influence of each perturbation stands in, where it holds
(:mod:`~core_harness.metrics.influence`).
"""

MANY_CLUSTERS = 100
"""Clusters from which influences hold: with 30 of them intervals cover 91 % (``benchmarks/dense.py``)."""

CELLS = 200_000
"""Pairs x resamples held in one array at a time: bounds memory, and stays near the processor's cache."""

_STREAM = 1
"""Keeps these draws apart from whatever else draws with the seed of a run."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """The clusters of each resample.

    Attributes
    ----------
    weights
        How often each cluster is drawn, whole numbers of shape (clusters, resamples).
    scale
        sqrt(m / n) for m draws of n clusters: by this the deviation of resamples is narrowed.
    """

    weights: Floats
    scale: float

    def among(self, clusters: NDArray[np.intp]) -> Draws:
        """Return the same resamples, of the clusters at these places."""
        return Draws(weights=self.weights[clusters], scale=self.scale)


def draw_clusters(clusters: int, *, seed: int, resamples: int, share: float = SHARE) -> Draws:
    """Draw ``share`` of the clusters, rounded up, with replacement (multinomial), in each resample.

    Two runs on the same pairs with the same seed get the same draws.
    """
    if not clusters:
        return Draws(weights=np.zeros((0, resamples)), scale=1.0)
    drawn = math.ceil(share * clusters)
    rng = np.random.default_rng([seed, _STREAM])
    weights = rng.multinomial(drawn, np.full(clusters, 1 / clusters), size=resamples)
    return Draws(weights=np.ascontiguousarray(weights.T, dtype=np.float64), scale=math.sqrt(drawn / clusters))


def no_influence() -> None:
    """Return None: the influence of clusters on a statistic of which it is not known."""


def undefined(weights: Floats) -> Floats:
    """Return NaN for each resample: a statistic of pairs on which it is not defined."""
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
    segments
        Parts, such as genes, that it is the mean over; None where all pairs are one.
    influence
        Returns the derivative of the metric in the weight of each cluster, where all are 1, shape
        (clusters,); None where it is not known, or does not hold for these pairs.
    """

    of: Statistic
    clusters: int
    genes: int
    perturbations: int
    pairs: int
    segments: int | None = None
    influence: Callable[[], Floats | None] = no_influence

    @property
    def has_interval(self) -> bool:
        """Whether it rests on enough perturbations and segments to tell how far it would vary."""
        enough = self.segments is None or self.segments >= FEWEST_SEGMENTS
        return enough and self.perturbations >= FEWEST_PERTURBATIONS

    def estimate(self) -> float:
        """Return the value on the pairs as they are; NaN where it is not defined."""
        return float(self.of(np.ones((self.clusters, 1)))[0])

    def influence_for(self, resamples: int) -> Floats | None:
        """Return the influence of each cluster where it stands in for so many resamples, else None."""
        large = self.pairs * resamples > MOST_CELLS and self.clusters >= MANY_CLUSTERS
        return self.influence() if large else None

    def resampled(self, weights: Floats) -> Floats:
        """Return the value in each resample of ``weights``; NaN where it is not defined there."""
        step = max(1, CELLS // max(1, self.pairs))
        starts = range(0, weights.shape[1], step)
        values = [self.of(np.ascontiguousarray(weights[:, start : start + step])) for start in starts]
        return np.concatenate([np.empty(0), *values])
