"""Two runs on the same pairs: the difference of a metric, and whether it can be told from chance.

Both runs are resampled with the same draws, so that what the pairs do to both of them cancels. The
p-value is that of a normal difference with the deviation that the resampled differences tell
(:mod:`~core_harness.metrics.bootstrap`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core_harness.metrics.metric import Direction
from core_harness.metrics.resampled import Resampled, Z

ALPHA = 0.05
"""Adjusted p-values below it are called significant."""

SMALLEST = Z + 0.84
"""Standard deviations of the smallest difference that a two-sided test at 5 % finds 8 times in 10."""

ROUNDING = 1e-12
"""Differences and deviations below it are sums in another order, not effects."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a second run has more than a first; None where it is not defined, never NaN.

    Attributes
    ----------
    value
        The metric of the second run minus that of the first, on the pairs as they are.
    low, high
        ``value`` +- 1.96 standard deviations, from the resampled differences.
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
    """Compare two runs that were resampled with the same draws.

    Interval and p are None where fewer than two resamples are defined in both runs.
    """
    found = second.minus(first)
    value, deviation = found.value, found.deviation()
    if deviation is None:
        return Difference(
            value=None if math.isnan(value) else value, low=None, high=None, p=None, smallest=None
        )
    return Difference(
        value=value,
        low=value - Z * deviation,
        high=value + Z * deviation,
        p=_p_of(found),
        smallest=SMALLEST * deviation,
    )


def advantage(first: Resampled, second: Resampled, direction: Direction) -> tuple[float, float | None]:
    """Return by how much a second run is better than a first, and the p-value that neither is.

    Where there is a target, the better run is the nearer one. Two runs are equally far from it if they are
    equal, or if it lies in the middle between them; so p is the larger of the p-values of their difference
    and of the distance of their mean from the target (an intersection-union test; Berger, Technometrics 24,
    1982). Both are close to normal. Differences of the distances themselves are not: near it a test of
    them at 5 % finds up to 8 % where there is nothing to find.

    Parameters
    ----------
    first, second
        A metric of two runs that were resampled with the same draws.
    direction
        That of the metric. In one that describes, neither run is better: p is None. It is None, too, where
        fewer than two resamples are defined in both runs.
    """
    apart = second.minus(first)
    gain = merit(second.value, direction) - merit(first.value, direction)
    if isinstance(direction, float):
        mean = Resampled.mean([first, second])
        off = Resampled(value=mean.value - direction, values=mean.values - direction, scale=mean.scale)
        known = [p for p in (_p_of(apart), _p_of(off)) if p is not None]
        return gain, max(known) if len(known) == 2 else None
    return gain, None if direction == "descriptive" else _p_of(apart)


def merit(value: float, direction: Direction) -> float:
    """Return a number that is larger for better values of a metric; NaN where none is better."""
    if isinstance(direction, float):
        return -abs(value - direction)
    return {"higher": value, "lower": -value, "descriptive": math.nan}[direction]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values adjusted for their number (Holm 1979), in the same order; None stays None."""
    known = sorted((p, at) for at, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for place, (p, at) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - place)))
        adjusted[at] = highest
    return adjusted


def _p_of(found: Resampled) -> float | None:
    """Return the two-sided p-value that the true value is 0; None where there is no deviation."""
    deviation = found.deviation()
    if deviation is None:
        return None
    if abs(found.value) <= ROUNDING:
        return 1.0
    if deviation <= ROUNDING:
        return 0.0
    return math.erfc(abs(found.value) / deviation / math.sqrt(2))
