"""Ranks: 1 + the number of runs that are significantly better.

Comparing each run with each would mostly test pairs of no interest, and Holm's correction would weaken every
test for it. A run is compared with the reference, with its nearest neighbours by value, and, so that a long
board is not compared among neighbours only, with the runs 16, 32, 64, ... places above it.

Winners are inherited from above (:mod:`core_harness.metrics.ranks`). Runs that are equal in every resample
are compared as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core_harness.metrics import Resampled
from core_harness.metrics.paired import Difference, difference, holm
from core_harness.metrics.ranks import ranks

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
    groups = _equal_runs(runs)
    place = {run: at for at, group in enumerate(groups) for run in group}
    middle = None if reference is None else place[reference]
    tested = sorted({pair for at in range(len(groups)) for pair in _comparisons(at, middle)})
    found = [difference(runs[groups[below][0]], runs[groups[above][0]]) for above, below in tested]
    adjusted = dict(zip(tested, holm([test.p for test in found]), strict=True))
    positions = ranks([runs[group[0]].value for group in groups], list(map(len, groups)), adjusted)

    def rank(run: int) -> Rank:
        at = place[run]
        if reference is None or middle is None or run == reference:
            return Rank(position=positions[at], difference=None, p_holm=None)
        against = difference(runs[reference], runs[run])
        p = against.p if at == middle else adjusted[min(at, middle), max(at, middle)]
        return Rank(position=positions[at], difference=against, p_holm=p)

    return [rank(run) for run in range(len(runs))]


def _equal_runs(runs: Sequence[Resampled]) -> list[list[int]]:
    """Return the indices of runs, best first, those together that are equal in every resample."""
    groups: dict[tuple[float, bytes], list[int]] = {}
    for at, run in enumerate(runs):
        groups.setdefault((-run.value, run.values.tobytes()), []).append(at)
    return [groups[key] for key in sorted(groups)]


def _comparisons(at: int, reference: int | None) -> Iterator[tuple[int, int]]:
    """Yield (above, below) of the comparisons of the run at a place with those above it and the reference."""
    yield from ((at - step, at) for step in range(1, min(at, NEAREST) + 1))
    far = 2 * NEAREST
    while far <= at:
        yield at - far, at
        far *= 2
    if reference is not None and reference != at:
        yield min(at, reference), max(at, reference)
