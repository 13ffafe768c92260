"""The floor: every pair gets the same score."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Need, Task
from core_harness.data.rates import prevalence_of


class Constant:
    """The prevalence of the support in the query's context."""

    needs: ClassVar[frozenset[Need]] = frozenset()

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return one score for all pairs of a context."""
        return evidence.pairs.select(
            "pair_id",
            prevalence_of(evidence.pairs, evidence.support).alias("score"),
            pl.lit("ok").alias("status"),
        )
