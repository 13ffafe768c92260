"""Ranks of runs: 1 + the number of runs that are significantly better, winners inherited from above.

What is better than a run is better than all below it, too: they have worse values, so none of them beats it.
Therefore ranks never fall going down. A run that was not compared counts as better where one below it, and
above the loser, was compared and is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from core_harness.metrics.paired import ALPHA

Adjusted = Mapping[tuple[int, int], float | None]
"""The adjusted p of each comparison, by the places of the upper and the lower run."""


def ranks(values: Sequence[float], sizes: Sequence[int], adjusted: Adjusted) -> list[int]:
    """Return the rank of each place, best first; equal values have equal ranks.

    Parameters
    ----------
    values
        Of the runs at each place; only whether they are equal counts.
    sizes
        How many runs each place holds.
    adjusted
        p-values of the comparisons that were made, adjusted for their number.
    """
    above_of: list[dict[int, float | None]] = [{} for _ in values]
    for (above, below), p in adjusted.items():
        above_of[below][above] = p
    better: set[int] = set()
    found: list[int] = []
    for _, level in groupby(range(len(values)), key=lambda at: values[at]):
        places = list(level)
        for at in places:
            better |= _winners(above_of[at])
        found += [1 + sum(sizes[winner] for winner in better)] * len(places)
    return found


def _winners(compared: Mapping[int, float | None]) -> set[int]:
    """Return the places that are significantly better, from the adjusted p by place of those compared."""
    winners = {above for above, p in compared.items() if p is not None and p < ALPHA}
    between = range(max(winners, default=0))
    return winners | {above for above in between if above not in compared}
