"""Gene frequency and potency without any interaction of the two."""

from __future__ import annotations

from typing import ClassVar

import polars as pl
from scipy.special import expit

from core_harness import Beyond, Evidence, Need, Task
from core_harness.data.rates import gene_rate_of, log_odds, prevalence_of
from core_harness.plugins.limits import NotNegative
from core_harness_plugins.aggregators.potency import potency_of


class Additive:
    """``logit(gene) + logit(potency) - logit(prevalence)``: what no contrast is needed for.

    Parameters
    ----------
    power, shrinkage
        Of the potency.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"relations"})
    beyond_contrast: ClassVar[frozenset[Beyond]] = frozenset({"potency"})

    def __init__(self, *, power: NotNegative = 2.0, shrinkage: NotNegative = 0.1) -> None:
        self.power = power
        self.shrinkage = shrinkage

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return the sum of the log-odds as a probability."""
        potency, found = potency_of(evidence, power=self.power, shrinkage=self.shrinkage)
        gene = gene_rate_of(evidence.pairs, evidence.support)
        base = prevalence_of(evidence.pairs, evidence.support)
        terms = [log_odds(rate) for rate in (gene, potency, base)]
        status = pl.when(found).then(pl.lit("ok")).otherwise(pl.lit("no_evidence"))
        return evidence.pairs.select(
            "pair_id",
            pl.Series("score", expit(terms[0] + terms[1] - terms[2])),
            status.alias("status"),
        )
