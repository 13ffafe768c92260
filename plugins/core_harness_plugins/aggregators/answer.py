"""What a model answered, as it answered it."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Need, Question, Task
from core_harness.data.rates import gene_rate_of


class ModelAnswer:
    """The mean of the model's answers to a pair, over samples.

    A value is p(yes) from log-probabilities where the provider gives them, else 1 or 0. A pair without
    any value has no score; its status says why (``abstained``, ``unparsed``, ``failed``, ...), by the
    first of its samples. A pair that the organizer put to no model, for want of a contrast, has its
    gene's shrunk rate and the status ``no_contrast``.

    Where both questions were asked at once, the value is p(change) or, where the dataset asks for the
    direction, p(up | change): the sum of p(up) over samples by that of p(change). A pair of which each sample
    said that it does not change has one half there, and the status ``no_change``.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"answers"})

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return each pair's mean answer."""
        rate = gene_rate_of(evidence.pairs, evidence.support)
        return (
            evidence.pairs.select("pair_id", rate.alias("rate"))
            .join(mean_answers(answers, task.question), on="pair_id", how="left", maintain_order="left")
            .select(
                "pair_id",
                pl.when(pl.col("status").is_null()).then("rate").otherwise("value").alias("score"),
                pl.col("status").fill_null("no_contrast"),
            )
        )


def mean_answers(answers: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return ``pair_id, value, status`` of the pairs put to a model; ``ok`` where there is a value.

    Of pairs that were asked both questions at once, the value answers the one that is meant.
    """
    change, up = pl.col("value"), pl.col("up")
    directed = (question == "dir") & up.is_not_null().any()
    unmoved = directed & (change.sum() == 0)
    return (
        answers.drop_nulls("pair_id")
        .sort("pair_id", "prompt_id", "sample")
        .group_by("pair_id", maintain_order=True)
        .agg(
            pl.when(unmoved)
            .then(0.5)
            .when(directed)
            .then(((change * up).sum() / change.sum()).clip(0, 1))
            .otherwise(change.mean())
            .alias("value"),
            pl.when(unmoved)
            .then(pl.lit("no_change"))
            .when(change.is_not_null().any())
            .then(pl.lit("ok"))
            .otherwise(pl.col("status").first())
            .alias("status"),
        )
    )
