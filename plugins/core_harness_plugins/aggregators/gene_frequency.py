"""The baseline to beat: how often does this gene respond to anything?"""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Need, Task
from core_harness.data.rates import SHRINKAGE, gene_rate_of
from core_harness.plugins.limits import NotNegative


class GeneFrequency:
    """The gene's rate in the support, shrunk to the prevalence.

    Within one gene it is constant, so its macro-per-gene AUROC is .5 by construction, however good
    its pooled AUROC looks.

    Parameters
    ----------
    shrinkage
        Pseudo-observations at the prevalence.
    """

    needs: ClassVar[frozenset[Need]] = frozenset()

    def __init__(self, *, shrinkage: NotNegative = SHRINKAGE) -> None:
        self.shrinkage = shrinkage

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return the shrunk rate of each pair's gene."""
        rate = gene_rate_of(evidence.pairs, evidence.support, shrinkage=self.shrinkage)
        return evidence.pairs.select("pair_id", rate.alias("score"), pl.lit("ok").alias("status"))
