"""What ``core-harness data label`` is asked of a file of single cells."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core_harness.errors import UsageError
from core_harness.vocabulary import CellTest, Halves


class CellsRequest(BaseModel):
    """How cells are compared with controls.

    Attributes
    ----------
    control
        The perturbation that controls have; empty: by its usual names.
    batch
        Column of batches, from which controls are taken that match; empty: cells are of one batch.
    layer
        Layer with the expression; empty: ``X``.
    test
        How they are compared; ``pseudobulk`` takes batches for replicates.
    least
        Cells that a perturbation, and its controls, must have to be tested; of pseudobulk, in each batch.
    equal
        Cells that are drawn of each perturbation, so that none is called more often because it has more; None
        takes all.
    replicates
        How cells are divided into halves that repeat each other
        (:mod:`~core_harness.data.labels.cells.halves`); None divides nothing.
    guide
        Column of guides, which are kept apart where cells are divided; empty: by its usual names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    control: str = ""
    batch: str = ""
    layer: str = ""
    test: CellTest = "wilcoxon"
    least: int = Field(default=10, ge=2)
    equal: int | None = Field(default=None, ge=2)
    replicates: Halves | None = None
    guide: str = ""

    @model_validator(mode="after")
    def _knows_batches(self) -> CellsRequest:
        if self.batch:
            return self
        if self.replicates == "batch":
            raise UsageError("--replicates batch divides batches; say --batch-column")
        if self.test == "pseudobulk":
            raise UsageError("--test pseudobulk takes batches for replicates; say --batch-column")
        return self
