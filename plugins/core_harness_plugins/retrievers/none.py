"""Nothing is related."""

from __future__ import annotations

import polars as pl

from core_harness import RELATIONS, Block, Task


class NoNeighbours:
    """No relations, for strategies that judge each pair on its own."""

    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        """Return no rows."""
        return pl.DataFrame(schema=RELATIONS)
