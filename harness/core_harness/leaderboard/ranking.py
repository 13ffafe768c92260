"""Ranks: 1 + the number of runs that are significantly better.

Comparing each run with each would mostly test pairs of no interest, and Holm's correction would weaken every
test for it. A run is compared with the reference, with its nearest neighbours by value, and, so that a long
board is not compared among neighbours only, with the runs 16, 32, 64, ... places above it. A run that was not
compared counts as better where one below it, and above the loser, was compared and is better.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core_harness.metrics import Resampled
from core_harness.metrics.paired import ALPHA, Difference, difference, holm

NEAREST = 8
"""Neighbours above, and so below, with which a run is always compared."""


@dataclass(frozen=True, kw_only=True)
class Rank:
    """The rank of a run or of a mean, with its comparison with the reference.

    Attributes
    ----------
    position
        1 + the number of runs that are significantly better; runs that cannot be distinguished share one.
    difference
        The run minus the reference; None for the reference itself, and where there is none.
    p_holm
        Its p-value, adjusted for all comparisons of the table.
    """

    position: int
    difference: Difference | None
    p_holm: float | None


def rank_runs(runs: Sequence[Resampled], reference: int | None) -> list[Rank]:
    """Rank runs that were resampled with the same draws and have a value, more being better.

    ``reference`` is the index of the suite's reference among ``runs``, or None where it was not run.
    """
    order = sorted(range(len(runs)), key=lambda run: -runs[run].value)
    place = {run: at for at, run in enumerate(order)}
    middle = None if reference is None else place[reference]
    tested = sorted({pair for at in range(len(runs)) for pair in _comparisons(at, middle)})
    found = [difference(runs[order[below]], runs[order[above]]) for above, below in tested]
    above_of: list[dict[int, float | None]] = [{} for _ in runs]
    for (above, below), p in zip(tested, holm([test.p for test in found]), strict=True):
        above_of[below][above] = p

    def rank(run: int) -> Rank:
        at = place[run]
        position = 1 + _better(above_of[at])
        if reference is None or middle is None or run == reference:
            return Rank(position=position, difference=None, p_holm=None)
        against = difference(runs[reference], runs[run])
        return Rank(position=position, difference=against, p_holm=above_of[max(at, middle)][min(at, middle)])

    return [rank(run) for run in range(len(runs))]


def _comparisons(at: int, reference: int | None) -> Iterator[tuple[int, int]]:
    """Yield (above, below) of the comparisons of the run at a place with those above it and the reference."""
    yield from ((at - step, at) for step in range(1, min(at, NEAREST) + 1))
    far = 2 * NEAREST
    while far <= at:
        yield at - far, at
        far *= 2
    if reference is not None and reference != at:
        yield min(at, reference), max(at, reference)


def _better(compared: Mapping[int, float | None]) -> int:
    """Return how many runs are significantly better, from the adjusted p by place of those compared above."""
    winners = {above for above, p in compared.items() if p is not None and p < ALPHA}
    return len(winners) + sum(above not in compared for above in range(max(winners, default=0)))
