"""CORE-Voting: related perturbations vote on the gene (arXiv 2606.01042).

The paper's weights and shrinkage are not known. Ours were chosen on the support of K562 and HepG2, in
five folds by perturbation, no test row being read; ``benchmarks/choose_vote.py`` prints the table.
"""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Need, Task
from core_harness.data.rates import SHRINKAGE, gene_rates, prevalence_of


class Vote:
    """The weighted share of the evidence that moved the gene, shrunk to the gene's rate.

    With ``W_pos`` and ``W_neg`` the sums of ``weight ** power`` over the neighbours that moved the gene and
    those that did not, ``n`` the support rows of the gene and ``rate`` its plain rate among them::

        vote  = (W_pos + shrinkage * rate) / (W_pos + W_neg + shrinkage)
        score = (n * vote + prevalence) / (n + 1)

    Without evidence the score is the gene's shrunk rate, that of ``gene-frequency``. The vote shrinks to
    the plain rate, because that is what it is on average where neighbours say nothing. Shrunk to any
    other value, it would rank the perturbations of a gene by how much evidence they have, which is how
    well they are known to the graph: labels shuffled, that alone reached .53 on HepG2.

    Parameters
    ----------
    power
        Of the relation's weight; more than 1 listens to the closest relatives.
    shrinkage
        Weight of the gene's rate, in units of ``weight ** power``.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"evidence"})

    def __init__(self, *, power: float = 2.0, shrinkage: float = 0.1) -> None:
        self.power = power
        self.shrinkage = shrinkage

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return the vote on each query."""
        heard = pl.col("w_pos") + pl.col("w_neg")
        vote = (pl.col("w_pos") + self.shrinkage * pl.col("rate")) / (heard + self.shrinkage)
        prevalence = prevalence_of(evidence.pairs, evidence.support)
        rates = gene_rates(evidence.support, shrinkage=0.0)
        return (
            evidence.pairs.join(evidence.totals(power=self.power), on="pair_id", maintain_order="left")
            .join(rates, on=["context", "gene"], how="left", maintain_order="left")
            .with_columns(
                pl.col("measured").fill_null(0),
                pl.col("rate").fill_null(prevalence),
                prevalence.alias("prevalence"),
            )
            .with_columns(pl.when(heard > 0).then(vote).otherwise("rate").alias("vote"))
            .select(
                "pair_id",
                (
                    (pl.col("measured") * pl.col("vote") + SHRINKAGE * pl.col("prevalence"))
                    / (pl.col("measured") + SHRINKAGE)
                ).alias("score"),
                pl.when(heard > 0).then(pl.lit("ok")).otherwise(pl.lit("no_evidence")).alias("status"),
            )
        )
