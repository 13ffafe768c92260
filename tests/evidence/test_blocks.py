"""A stream of evidence can be walked more than once, and keeps a bounded part of itself."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from core_harness.evidence.blocks import KEPT, Blocks
from core_harness.evidence.evidence import Evidence
from core_harness.schemas import PAIRS, RELATIONS, SUPPORT, Block

NOTHING = pl.DataFrame(schema=dict(RELATIONS))


class Stream:
    """A stream of empty blocks that counts how often each is made."""

    def __init__(self, number: int) -> None:
        self.made: list[str] = []
        self.blocks = Blocks(lambda: self._blocks(number), self._make)

    def _blocks(self, number: int) -> Iterator[Block]:
        for at in range(number):
            pairs, support = (pl.DataFrame(schema=dict(schema)) for schema in (PAIRS, SUPPORT))
            yield Block(context=str(at), pairs=pairs, support=support)

    def _make(self, block: Block) -> Evidence:
        self.made.append(block.context)
        return Evidence(block, NOTHING)


@pytest.mark.parametrize("number", [0, 1, KEPT, KEPT + 3])
def test_each_walk_is_whole_and_in_order(number: int) -> None:
    stream = Stream(number)
    wanted = [str(at) for at in range(number)]
    for _ in range(3):
        assert [evidence.block.context for evidence in stream.blocks] == wanted
    assert stream.made == [*wanted[:KEPT], *wanted[KEPT:] * 3]


def test_a_walk_that_is_left_early_loses_nothing() -> None:
    stream = Stream(KEPT + 1)
    next(iter(stream.blocks))
    inner = [(a.block.context, b.block.context) for a in stream.blocks for b in stream.blocks]
    assert len(inner) == (KEPT + 1) ** 2
    assert stream.made.count("0") == 1


def test_changed_blocks_are_changed_once_where_they_are_kept() -> None:
    stream = Stream(KEPT + 2)
    list(stream.blocks)
    changed: list[str] = []

    def change(evidence: Evidence) -> Evidence:
        changed.append(evidence.block.context)
        return evidence

    other = stream.blocks.mapped(change)
    before = len(stream.made)
    assert len(list(other)) == len(list(other)) == KEPT + 2
    assert changed.count("0") == 1
    assert len(stream.made) == before + 2 * 2
