"""Files of single cells as results of tests, as tables of differential expression are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from core_harness.data.labels.cells.comparing import Compared, compare_cells
from core_harness.data.labels.cells.halves import Half
from core_harness.data.labels.cells.pseudobulk import FEWEST_BATCHES
from core_harness.data.labels.cells.request import CellsRequest
from core_harness.data.labels.de_tables import Results
from core_harness.data.labels.request import LabelRequest

ENDING = ".h5ad"
"""How the name of a file of AnnData ends."""


def results_of_cells(
    path: Path,
    request: LabelRequest,
    scratch: Path,
    tell: Callable[[str, int, int], None],
    half: Half | None = None,
) -> Results:
    """Return the results of comparing the cells of a file, or a half of them, with its controls.

    They are kept below ``scratch``.

    Raises as :func:`~core_harness.data.labels.cells.comparing.compare_cells` does.
    """
    compared = compare_cells(
        path, request.columns, request.cells, scratch, seed=request.seed, tell=tell, half=half
    )
    return Results(
        frame=pl.scan_parquet(sorted(scratch.glob("*.parquet")), glob=False),
        origin=path,
        tool="single cells",
        note="; ".join(_said(compared, request.cells)),
        columns=compared.columns | {"expression": "mean of the controls"},
        expressed=bool(request.columns.expression),
    )


def _said(compared: Compared, request: CellsRequest) -> Iterator[str]:
    if request.test == "pseudobulk":
        yield (
            "sums of counts by batch were compared with those of controls by a moderated t-test of log-CPM; "
            f"a perturbation needs {request.least} cells and as many controls in {FEWEST_BATCHES} batches"
        )
    else:
        yield (
            "cells were compared with controls by Wilcoxon's test with the tie correction, on the logarithm "
            f"of normalised counts (the file has {compared.scale.value})"
        )
    if compared.few:
        yield f"{compared.few:,} perturbations have too few cells or controls to be tested"
    if compared.without_controls:
        yield f"{compared.without_controls:,} cells of batches without controls left out"
    if compared.unlabelled:
        yield f"{compared.unlabelled:,} cells without a perturbation left out"
