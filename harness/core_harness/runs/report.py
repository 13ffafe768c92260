"""``report.json``: the metrics of a run as they were written, checked for what commands show of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from core_harness.errors import RunError
from core_harness.runs.reading import read_json

FILE = "report.json"


class _Estimate(BaseModel):
    value: float | None
    low: float | None
    high: float | None
    genes: int
    perturbations: int
    pairs: int


class _Bin(BaseModel):
    mean_score: float
    positives: float
    pairs: int


class _Coverage(BaseModel):
    pairs: int
    scored: int
    genes: int
    evaluable_genes: int
    status: dict[str, int]


class _Report(BaseModel):
    metrics: dict[str, _Estimate]
    coverage: _Coverage
    reliability: list[_Bin] | None = None


def read_report(folder: Path) -> dict[str, Any]:
    """Return the report of a run folder (:meth:`core_harness.metrics.Report.as_dict`).

    Raises :class:`~core_harness.errors.RunError` where there is none, or a figure is none.
    """
    path = folder / FILE
    content = read_json(path)
    try:
        parsed = _Report.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise RunError(f"{path}, key {key}: {first['msg']}; evaluate again") from None
    needed = ["macro_gene_auroc", *(["ece"] if parsed.reliability else [])]
    if lacking := [name for name in needed if name not in parsed.metrics]:
        raise RunError(f"{path}, key metrics.{lacking[0]}: missing; evaluate again")
    return content
