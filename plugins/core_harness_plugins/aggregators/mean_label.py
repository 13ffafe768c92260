"""Retrieval without weights."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Need, Task
from core_harness.data.rates import gene_rate_of


class MeanLabel:
    """The share of the evidence that moved the gene; the gene's shrunk rate where there is none."""

    needs: ClassVar[frozenset[Need]] = frozenset({"evidence"})

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return the mean label of each query's evidence."""
        number = pl.col("n_pos") + pl.col("n_neg")
        return (
            evidence.totals()
            .with_columns(gene_rate_of(evidence.pairs, evidence.support).alias("rate"))
            .select(
                "pair_id",
                pl.when(number > 0).then(pl.col("n_pos") / number).otherwise("rate").alias("score"),
                pl.when(number > 0).then(pl.lit("ok")).otherwise(pl.lit("no_evidence")).alias("status"),
            )
        )
