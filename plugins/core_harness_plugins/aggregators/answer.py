"""What a model answered, as it answered it."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Need, Task
from core_harness.data.rates import gene_rate_of


class ModelAnswer:
    """The mean of the model's answers to a pair, over samples.

    A value is p(yes) from log-probabilities where the provider gives them, else 1 or 0. A pair without
    any value has no score; its status says why (``abstained``, ``unparsed``, ``failed``, ...), by the
    first of its samples. A pair that the organizer put to no model, for want of a contrast, has its
    gene's shrunk rate and the status ``no_contrast``.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"answers"})

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return each pair's mean answer."""
        rate = gene_rate_of(evidence.pairs, evidence.support)
        return (
            evidence.pairs.select("pair_id", rate.alias("rate"))
            .join(mean_answers(answers), on="pair_id", how="left", maintain_order="left")
            .select(
                "pair_id",
                pl.when(pl.col("status").is_null()).then("rate").otherwise("value").alias("score"),
                pl.col("status").fill_null("no_contrast"),
            )
        )


def mean_answers(answers: pl.DataFrame) -> pl.DataFrame:
    """Return ``pair_id, value, status`` of the pairs put to a model; ``ok`` where there is a value."""
    return (
        answers.drop_nulls("pair_id")
        .sort("pair_id", "prompt_id", "sample")
        .group_by("pair_id", maintain_order=True)
        .agg(pl.col("value").mean(), pl.col("status").first())
        .with_columns(
            pl.when(pl.col("value").is_not_null()).then(pl.lit("ok")).otherwise("status").alias("status")
        )
    )
