"""A vote that counts as many relatives as speak for themselves."""

from __future__ import annotations

from typing import ClassVar

import polars as pl
from core_harness import Evidence, Need, Task
from core_harness.data.rates import gene_rate_of
from core_harness.plugins.limits import NotNegative


class KishVoteAggregator:
    """The weighted share of the relatives that moved the gene, believed by their effective number.

    Ten relatives of which one has all the weight say no more than that one. With weights ``w``, Kish's
    effective number of them is ``n = sum(w)**2 / sum(w**2)``, between 1 and their count, and::

        score = (n * share + shrinkage * rate) / (n + shrinkage)

    So a gene with few or uneven voters keeps to its rate, and how large weights are does not matter: a
    retriever whose weights are all ten times smaller makes the same scores.

    Parameters
    ----------
    shrinkage
        Voters that the gene's rate counts for.

    References
    ----------
    L. Kish, Survey Sampling, Wiley, 1965.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"evidence"})

    def __init__(self, *, shrinkage: NotNegative = 4.0) -> None:
        self.shrinkage = shrinkage

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return a score for each pair; where nothing is known of the gene's relatives, its rate."""
        rate = gene_rate_of(evidence.pairs, evidence.support)
        squares = evidence.totals(power=2.0).select("pair_id", square=pl.col("w_pos") + pl.col("w_neg"))
        total = pl.col("w_pos") + pl.col("w_neg")
        share, number = pl.col("w_pos") / total, total**2 / pl.col("square")
        vote = (number * share + self.shrinkage * pl.col("rate")) / (number + self.shrinkage)
        return (
            evidence.pairs.select("pair_id", rate.alias("rate"))
            .join(evidence.totals(), on="pair_id", maintain_order="left")
            .join(squares, on="pair_id", maintain_order="left")
            .select(
                "pair_id",
                pl.when(total > 0).then(vote).otherwise("rate").alias("score"),
                pl.when(total > 0).then(pl.lit("ok")).otherwise(pl.lit("no_evidence")).alias("status"),
            )
        )
