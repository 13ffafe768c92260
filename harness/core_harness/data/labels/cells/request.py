"""What ``core-harness data label`` is asked of a file of single cells."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


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
    least
        Cells that a perturbation, and its controls, must have to be tested.
    equal
        Cells that are drawn of each perturbation, so that none is called more often because it has more; None
        takes all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    control: str = ""
    batch: str = ""
    layer: str = ""
    least: int = Field(default=10, ge=2)
    equal: int | None = Field(default=None, ge=2)
