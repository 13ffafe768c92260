"""What ``core-harness data label`` is asked for, as its options and its manifest say it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core_harness.data.held_out import parse_held_out
from core_harness.data.labels.cells.request import CellsRequest
from core_harness.data.labels.rule import PRESETS, Thresholds
from core_harness.errors import UsageError
from core_harness.vocabulary import FoldChangeSpace, Negatives, Preset


class Columns(BaseModel):
    """Which column holds what, where the caller says so; empty is what the tool calls it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    context: str = ""
    perturbation: str = ""
    gene: str = ""
    p_value: str = ""
    fdr: str = ""
    fold_change: str = ""
    expression: str = ""
    cells: str = ""
    knockdown: str = ""


class LabelRequest(BaseModel):
    """Everything that decides the labels, apart from the files.

    Attributes
    ----------
    columns, fold_change_space
        How tables are read, where their own columns do not say.
    cells
        How single cells are compared with controls.
    from_path
        What names of files and folders say, e.g. ``{context}/{perturbation}``; empty: a file of one
        perturbation is named for it.
    preset, thresholds
        The rule (:mod:`core_harness.data.labels.rule`), by the name of its preset and in numbers.
    negatives
        What is done where a table seems not to list all that was tested: ``check`` refuses it, ``trust``
        takes its rows that are not significant for negatives, ``leave-out`` writes changed genes only.
    prevalence, rows
        Negatives are drawn until this share of the rows is changed, or until each perturbation has so many
        rows; each perturbation gets the same number. At most one of the two.
    split, seed
        What is held out as test (:mod:`core_harness.data.held_out`), and the seed of all that is drawn.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: Columns = Columns()
    fold_change_space: FoldChangeSpace | None = None
    cells: CellsRequest = CellsRequest()
    from_path: str = ""
    preset: Preset = "banded"
    thresholds: Thresholds = PRESETS["banded"]
    negatives: Negatives = "check"
    prevalence: float | None = Field(default=None, gt=0, lt=1)
    rows: int | None = Field(default=None, ge=1)
    split: str = ""
    seed: int = Field(default=0, ge=0)

    @field_validator("split")
    @classmethod
    def _is_a_split(cls, value: str) -> str:
        if value:
            parse_held_out(value)
        return value

    @model_validator(mode="after")
    def _draws_once(self) -> LabelRequest:
        if self.prevalence is not None and self.rows is not None:
            raise UsageError("--prevalence and --rows-per-perturbation both say how many to draw; give one")
        if self.negatives == "leave-out" and self.samples:
            raise UsageError("without negatives there are none to draw; leave --prevalence and --rows out")
        return self

    @property
    def samples(self) -> bool:
        """Whether negatives are drawn."""
        return self.prevalence is not None or self.rows is not None
