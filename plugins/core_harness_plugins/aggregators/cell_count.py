"""With how many cells was the perturbation measured?"""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Beyond, Evidence, Need, Task
from core_harness.errors import MissingDataError


class CellCount:
    """The number of cells of the perturbation, for all its pairs.

    The more cells, the more genes a test calls, so that this much of a score needs no biology. It belongs to
    the perturbation alone.
    """

    needs: ClassVar[frozenset[Need]] = frozenset()
    scores: ClassVar[str] = "ranks"
    beyond_contrast: ClassVar[frozenset[Beyond]] = frozenset({"potency"})

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return the number of cells; perturbations without one get no score.

        Raises :class:`~core_harness.errors.MissingDataError` where the dataset has no numbers of cells.
        """
        if "cells" not in evidence.pairs.columns:
            raise MissingDataError(
                f"cell-count needs the number of cells of each perturbation, and {task.dataset} has none; "
                "add a column 'cells' to the table, as `data label` writes it"
            )
        status = pl.when(pl.col("cells").is_null()).then(pl.lit("no_cells")).otherwise(pl.lit("ok"))
        return evidence.pairs.select("pair_id", pl.col("cells").alias("score"), status.alias("status"))
