"""What a model answered, as it answered it."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Need, Task


class ModelAnswer:
    """The mean of the model's answers to a pair, over samples.

    A value is p(yes) from log-probabilities where the provider gives them, else 1 or 0. A pair without
    any value has no score; its status says why (``abstained``, ``unparsed``, ``failed``, ...), by the
    first of its samples.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"answers"})

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return each pair's mean answer."""
        by_pair = (
            answers.drop_nulls("pair_id")
            .sort("pair_id", "prompt_id", "sample")
            .group_by("pair_id", maintain_order=True)
            .agg(pl.col("value").mean().alias("score"), pl.col("status").first())
        )
        return (
            evidence.pairs.select("pair_id")
            .join(by_pair, on="pair_id", how="left", maintain_order="left")
            .select(
                "pair_id",
                "score",
                pl.when(pl.col("score").is_not_null())
                .then(pl.lit("ok"))
                .otherwise(pl.col("status").fill_null("not_asked"))
                .alias("status"),
            )
        )
