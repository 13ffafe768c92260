"""How strong are perturbations like this one?"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import polars as pl

from core_harness import Beyond, Evidence, Need, Task
from core_harness.data.rates import perturbation_rates, prevalence_of
from core_harness.plugins.limits import NotNegative


class Potency:
    """The mean rate of related perturbations over all genes, weighted and shrunk to the prevalence.

    Parameters
    ----------
    power, shrinkage
        As in the vote, and with its values, so that the two differ in the gene alone.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"relations"})
    beyond_contrast: ClassVar[frozenset[Beyond]] = frozenset({"potency"})

    def __init__(self, *, power: NotNegative = 2.0, shrinkage: NotNegative = 0.1) -> None:
        self.power = power
        self.shrinkage = shrinkage

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return one score for all pairs of a perturbation."""
        score, found = potency_of(evidence, power=self.power, shrinkage=self.shrinkage)
        status = pl.when(found).then(pl.lit("ok")).otherwise(pl.lit("no_evidence"))
        return evidence.pairs.select("pair_id", score.alias("score"), status.alias("status"))


def potency_of(evidence: Evidence, *, power: float, shrinkage: float) -> tuple[pl.Series, pl.Series]:
    """Return, in the order of ``pairs``, the potency and whether any perturbation is related at all."""
    rates = perturbation_rates(evidence.support).rename({"perturbation": "neighbour"})
    related = (
        evidence.related()
        .join(rates, on=["neighbour", "context"])
        .sort("perturbation", "neighbour", "context")
    )
    asked = pl.Series("perturbation", evidence.block.perturbations, dtype=pl.String)
    names = asked.to_frame().with_row_index("at")
    # np.bincount adds in row order, so the sums are the same bytes every time
    at = related.join(names, on="perturbation", maintain_order="left")["at"].to_numpy()
    weight = related["weight"].to_numpy() ** power
    total = np.bincount(at, weights=weight, minlength=names.height)
    moved = np.bincount(at, weights=weight * related["rate"].to_numpy(), minlength=names.height)
    of_pair = evidence.pairs.join(names, on="perturbation", how="left", maintain_order="left")[
        "at"
    ].to_numpy()
    base = prevalence_of(evidence.pairs, evidence.support).to_numpy()
    score = (moved[of_pair] + shrinkage * base) / (total[of_pair] + shrinkage)
    return pl.Series("score", score), pl.Series("found", total[of_pair] > 0)
