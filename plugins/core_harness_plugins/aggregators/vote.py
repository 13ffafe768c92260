"""CORE-Voting: related perturbations vote on the gene (arXiv 2606.01042).

The paper's weights and shrinkage are not known. Ours were chosen on the support of K562 and HepG2, in
five folds by perturbation, no test row being read; ``docs/tune.md`` has the command.
"""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Beyond, Evidence, Need, Task
from core_harness.data.rates import SHRINKAGE, gene_rates, known_of, prevalence_of
from core_harness.plugins.limits import NotNegative, Share

_ROUNDING = 1e-9
"""Share of all weight below which what no listed pair has is rounding."""


class Vote:
    """The weighted share of the evidence that moved the gene, shrunk to the gene's rate.

    With ``W_pos`` and ``W_neg`` the sums of ``weight ** power`` over the neighbours that moved the gene and
    those that did not, ``n`` the support rows of the gene and ``rate`` its plain rate among them (the rows
    of evidence and the prevalence, for a gene that was measured in other contexts only)::

        vote  = (W_pos + shrinkage * rate) / (W_pos + W_neg + shrinkage)
        score = (n * vote + prevalence) / (n + 1)

    Without evidence the score is the gene's shrunk rate, that of ``gene-frequency``. The vote shrinks to
    the plain rate, because that is what it is on average where neighbours say nothing. Shrunk to any
    other value, it would rank the perturbations of a gene by how much evidence they have, which is how
    well they are known to the graph: labels shuffled, that alone reached .53 on HepG2.

    With ``unlisted_weight`` above 0, neighbours whose pair with the gene is not listed count as that share
    of one that did not move it, in the vote and in the rate; the vote is brought back to the rate of listed
    pairs (its odds times the ratio of the odds of the two rates). That helps where data list what responds
    and a sample of what does not. It is no contrast of measured pairs any more: which pairs are listed
    tells how strong perturbations are. Where all pairs are listed, nothing changes.

    Parameters
    ----------
    power
        Of the relation's weight; more than 1 listens to the closest relatives.
    shrinkage
        Weight of the gene's rate, in units of ``weight ** power``.
    unlisted_weight
        Share of an observation for which an unlisted pair counts.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"evidence"})

    def __init__(
        self, *, power: NotNegative = 2.0, shrinkage: NotNegative = 0.1, unlisted_weight: Share = 0.0
    ) -> None:
        self.power = power
        self.shrinkage = shrinkage
        self.unlisted_weight = unlisted_weight

    @property
    def beyond_contrast(self) -> frozenset[Beyond]:
        """``unlisted pairs``, where they count."""
        return frozenset({"unlisted pairs"}) if self.unlisted_weight else frozenset()

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return the vote on each query."""
        weighed = pl.col("w_pos") + pl.col("w_neg")
        unlisted = pl.col("w_all") - weighed
        unlisted = pl.when(unlisted > _ROUNDING * pl.col("w_all")).then(unlisted).otherwise(0.0)
        counted_weight = weighed + self.unlisted_weight * unlisted
        vote = (pl.col("w_pos") + self.shrinkage * pl.col("rate")) / (counted_weight + self.shrinkage)
        support = known_of(evidence.pairs, evidence.support)
        prevalence = prevalence_of(evidence.pairs, support)
        listed = rates = gene_rates(support, shrinkage=0.0)
        if self.unlisted_weight:
            rates = gene_rates(support, shrinkage=0.0, unlisted_weight=self.unlisted_weight)
        # unlisted pairs alone are no evidence on a gene without a rate to differ from
        known = (weighed > 0) | ((counted_weight > 0) & (pl.col("measured") > 0))
        counted = ["context", "gene"]
        return (
            evidence.pairs.join(evidence.totals(power=self.power), on="pair_id", maintain_order="left")
            .join(rates.drop("measured"), on=counted, how="left", maintain_order="left")
            .join(listed.rename({"rate": "listed"}), on=counted, how="left", maintain_order="left")
            .with_columns(
                pl.col("measured").fill_null(0),
                pl.col("rate", "listed").fill_null(prevalence),
                prevalence.alias("prevalence"),
            )
            # of a gene that was only measured in other contexts, the rows there are all that is known
            .with_columns(
                pl.when(pl.col("measured") > 0)
                .then("measured")
                .otherwise(pl.col("n_pos") + pl.col("n_neg"))
                .alias("n")
            )
            .with_columns(pl.when(counted_weight > 0).then(vote).otherwise("rate").alias("vote"))
            .with_columns(_among_listed(pl.col("vote")).alias("vote"))
            .select(
                "pair_id",
                (
                    (pl.col("n") * pl.col("vote") + SHRINKAGE * pl.col("prevalence"))
                    / (pl.col("n") + SHRINKAGE)
                ).alias("score"),
                pl.when(known).then(pl.lit("ok")).otherwise(pl.lit("no_evidence")).alias("status"),
            )
        )


def _among_listed(vote: pl.Expr) -> pl.Expr:
    """Return the vote as of a listed pair: its odds times the ratio of the odds of the two rates.

    A rate of 1 counts as half a pair less, because its odds are infinite.
    """
    listed = pl.min_horizontal("listed", 1 - 0.5 / pl.max_horizontal("measured", 1))
    ratio = listed * (1 - pl.col("rate")) / (pl.col("rate") * (1 - listed))
    apart = (pl.col("listed") != pl.col("rate")) & (pl.col("listed") > 0)
    return pl.when(apart).then(vote * ratio / (vote * ratio + 1 - vote)).otherwise(vote)
