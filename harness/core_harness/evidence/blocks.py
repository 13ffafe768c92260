"""A stream of evidence, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from core_harness.evidence.evidence import Evidence
from core_harness.schemas import Block

KEPT = 4
"""Blocks that are kept between walks: all of a cell line's, and a bound on memory for what is larger."""


class Blocks(Iterable[Evidence]):
    """Evidence block by block, in the order of the queries. It can be walked more than once.

    The first blocks are kept; those after them are made again in each walk, so that memory does not grow
    with the data.

    Parameters
    ----------
    blocks
        Yields the blocks; called once a walk.
    make
        Returns the evidence of a block, the same in each walk.
    kept
        How many blocks are kept; 0 for what is walked once.
    """

    def __init__(
        self,
        blocks: Callable[[], Iterator[Block]],
        make: Callable[[Block], Evidence],
        *,
        kept: int = KEPT,
    ) -> None:
        self._blocks = blocks
        self._make = make
        self._number = kept
        self._kept: list[Evidence] = []

    def __iter__(self) -> Iterator[Evidence]:
        for at, block in enumerate(self._blocks()):
            if at < len(self._kept):
                yield self._kept[at]
                continue
            evidence = self._make(block)
            if at == len(self._kept) < self._number:
                self._kept.append(evidence)
            yield evidence

    def mapped(self, change: Callable[[Evidence], Evidence]) -> Blocks:
        """Return the blocks with each evidence changed; what was kept is not made again."""
        changed = Blocks(self._blocks, lambda block: change(self._make(block)), kept=self._number)
        changed._kept = [change(evidence) for evidence in self._kept]
        return changed
