"""Two runs on the same pairs: the difference of a metric, and whether it can be told from chance.

Both runs are resampled with the same weights, so that what the pairs do to both of them cancels. The
p-value is that of a normal difference with the standard deviation of the resampled differences.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core_harness.metrics.bootstrap import Measure, Z
from core_harness.metrics.limits import interval
from core_harness.metrics.segments import Floats

ALPHA = 0.05
"""Adjusted p-values below it are called significant."""

SMALLEST = Z + 0.84
"""Standard deviations of the smallest difference that a two-sided test at 5 % finds 8 times in 10."""

ROUNDING = 1e-12
"""Differences and deviations below it are sums in another order, not effects."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Resampled:
    """A metric of one run, with its resamples.

    Attributes
    ----------
    value
        On the pairs as they are; NaN where it is not defined.
    values
        In each resample, shape (resamples,); NaN where it is not defined there.
    """

    value: float
    values: Floats

    @classmethod
    def of(cls, measures: Sequence[Measure], weights: Floats) -> Resampled:
        """Return the mean of one metric over ``measures``, in each resample of ``weights``.

        There are several where a control was run with several seeds; all are of the same pairs. Where
        there are fewer than two clusters no resample is kept: their spread is unknown then, not 0.
        """
        weights = weights if len(weights) > 1 else weights[:, :0]
        return cls(
            value=float(np.mean([measure.estimate() for measure in measures])),
            values=np.mean([measure.resampled(weights) for measure in measures], axis=0),
        )

    def interval(self, metric: str) -> tuple[float, float] | None:
        """Return the 95 % interval of ``metric``, which this is; None where it is not defined."""
        known = self.values[~np.isnan(self.values)]
        if math.isnan(self.value) or len(known) < 2:
            return None
        return interval(metric, self.value, Z * float(known.std(ddof=1)))


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a second run has more than a first; None where it is not defined, never NaN.

    Attributes
    ----------
    value
        The metric of the second run minus that of the first, on the pairs as they are.
    low, high
        ``value`` +- 1.96 standard deviations of the resampled differences.
    p
        Two-sided, from the normal approximation; not adjusted for other comparisons (:func:`holm`).
    smallest
        The smallest true difference that the test finds with a power of 80 % at a level of 5 %:
        (1.96 + .84) standard deviations.
    """

    value: float | None
    low: float | None
    high: float | None
    p: float | None
    smallest: float | None


def difference(first: Resampled, second: Resampled) -> Difference:
    """Compare two runs that were resampled with the same weights.

    Interval and p are None where fewer than two resamples are defined in both runs.
    """
    value = second.value - first.value
    if math.isnan(value):
        return Difference(value=None, low=None, high=None, p=None, smallest=None)
    differences = second.values - first.values
    differences = differences[~np.isnan(differences)]
    if len(differences) < 2:
        return Difference(value=value, low=None, high=None, p=None, smallest=None)
    deviation = float(differences.std(ddof=1))
    return Difference(
        value=value,
        low=value - Z * deviation,
        high=value + Z * deviation,
        p=_two_sided(value, deviation),
        smallest=SMALLEST * deviation,
    )


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values adjusted for their number (Holm 1979), in the same order; None stays None."""
    known = sorted((p, at) for at, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for place, (p, at) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - place)))
        adjusted[at] = highest
    return adjusted


def ranks(runs: int, better: Iterable[tuple[int, int]]) -> list[int]:
    """Return the rank of each of ``runs`` runs: 1 + the number of runs that are significantly better.

    ``better`` holds (winner, loser), each once, of the comparisons that are significant. Runs that
    cannot be told apart so share a rank.
    """
    counted = np.bincount([loser for _, loser in better], minlength=runs)
    return [1 + int(number) for number in counted]


def _two_sided(value: float, deviation: float) -> float:
    if abs(value) <= ROUNDING:
        return 1.0
    if deviation <= ROUNDING:
        return 0.0
    return math.erfc(abs(value) / deviation / math.sqrt(2))
