"""``compare_cells()``: single cells as results of tests, from which labels are made.

Each perturbation of a context is compared with the control cells of that context and, where batches are
known, of the batches in which it was measured: cell by cell, or as sums of counts by batch. Perturbations are
taken some at a time, so that their cells fit in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness.data.labels.cells.expression import Scale, logs_of, scale_of
from core_harness.data.labels.cells.halves import Half, cells_of_half
from core_harness.data.labels.cells.opening import Cells, open_cells
from core_harness.data.labels.cells.pseudobulk import FEWEST_BATCHES, results_of_sums, samples_of
from core_harness.data.labels.cells.request import CellsRequest
from core_harness.data.labels.cells.wilcoxon import Controls
from core_harness.data.labels.request import Columns
from core_harness.data.labels.rule import RESULTS
from core_harness.errors import DataError, UsageError

Tell = Callable[[str, int, int], None]

_CELLS_AT_ONCE = 20_000
"""Perturbed cells whose expression is in memory at a time: some 250 MB at 1,500 expressed genes each."""

_UNIT = ["context", "perturbation"]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What was compared, and what was not.

    Attributes
    ----------
    columns
        Columns of ``obs`` and the control that were used.
    scale
        What the numbers of the file are.
    tested, few
        Perturbations that were tested, and those with too few cells, or too few controls.
    unlabelled
        Cells without a perturbation.
    without_controls
        Perturbed cells of batches without controls, which were left out.
    """

    columns: dict[str, str]
    scale: Scale
    tested: int
    few: int
    unlabelled: int
    without_controls: int


def compare_cells(
    path: Path,
    columns: Columns,
    request: CellsRequest,
    folder: Path,
    *,
    seed: int,
    tell: Tell,
    half: Half | None = None,
) -> Compared:
    """Compare the perturbed cells of a file with its controls, and write results as Parquet below ``folder``.

    Parameters
    ----------
    path
        A file of AnnData (``.h5ad``).
    columns
        Which columns name contexts, perturbations and genes, where they are not the usual ones.
    request
        How cells are compared.
    folder
        Gets files of :data:`~core_harness.data.labels.rule.RESULTS`, some perturbations in each.
        ``expression`` is the mean of the controls per 10,000 counts; ``knockdown`` is the share of the
        target's expression that is lost, where the perturbation is called like a gene of the file.
    seed
        Of the cells that are drawn, where each perturbation gets as many.
    tell
        Is told how far the work is.
    half
        The half of the cells, controls among them, that is compared; None compares all. A half draws half of
        the equal number of cells.

    Raises
    ------
    DataError, UsageError, MissingDataError
        The file cannot be used, or no perturbation of it can be tested.
    """
    if half is not None:
        request = request.model_copy(update={"equal": request.equal and max(2, request.equal // 2)})
    with open_cells(path, columns, request) as whole:
        scale = scale_of(whole)
        cells = whole if half is None else replace(whole, cells=cells_of_half(whole.cells, half))
        matched = _matched(cells.cells)
        drawn = _drawn(matched, request, seed=seed)
        tested, possible = 0, drawn.select(_UNIT).n_unique()
        results = _by_sums if request.test == "pseudobulk" else _by_cells
        for number, found in enumerate(results(cells, scale, drawn, request)):
            found.write_parquet(folder / f"{number:06}.parquet")
            tested += found.select(_UNIT).n_unique()
            tell("comparing cells", tested, possible)
        if not tested:
            where = f" in {FEWEST_BATCHES} batches" if request.test == "pseudobulk" else ""
            where += "" if half is None else " in each half"
            raise DataError(
                f"{path}: no perturbation has {request.least} cells and as many controls{where}; say "
                "--least-cells"
            )
        perturbed = cells.cells.filter(~pl.col("control"))
        return Compared(
            columns=cells.columns,
            scale=scale,
            tested=tested,
            few=perturbed.select(_UNIT).n_unique() - tested,
            unlabelled=cells.unlabelled,
            without_controls=perturbed.height - matched.height,
        )


def _matched(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the perturbed cells of contexts and batches that have controls."""
    controls = cells.filter("control").select("context", "batch").unique()
    return cells.filter(~pl.col("control")).join(
        controls, on=["context", "batch"], how="semi", nulls_equal=True
    )


def _drawn(matched: pl.DataFrame, request: CellsRequest, *, seed: int) -> pl.DataFrame:
    """Return the same number of cells of each perturbation that has as many, where that is asked for."""
    if request.equal is None:
        return matched
    order = np.random.default_rng([seed, 12]).permutation(matched.height)
    shuffled = matched.sort("cell")[order].filter(pl.len().over(_UNIT) >= request.equal)
    return shuffled.filter(pl.int_range(pl.len()).over(_UNIT) < request.equal)


def _by_sums(
    cells: Cells, scale: Scale, drawn: pl.DataFrame, request: CellsRequest
) -> Iterator[pl.DataFrame]:
    """Yield results of sums of counts by batch. Raises :class:`UsageError` where there are no counts."""
    if scale is not Scale.COUNTS:
        raise UsageError(
            f"{cells.path}: --test pseudobulk sums counts, and the file has {scale.value}; say which --layer "
            "has counts"
        )
    yield from results_of_sums(cells, samples_of(drawn, cells.cells.filter("control"), request.least))


def _by_cells(
    cells: Cells, scale: Scale, drawn: pl.DataFrame, request: CellsRequest
) -> Iterator[pl.DataFrame]:
    """Yield results of Wilcoxon's test of some units at a time, as many as fit in memory."""
    batches = pl.col("batch").fill_null("").unique().sort().alias("batches")
    units = drawn.group_by(_UNIT).agg(pl.col("cell").sort().alias("cells"), batches)
    units = units.filter(pl.col("cells").list.len() >= request.least).sort(_UNIT)
    for (context,), here in units.group_by("context", maintain_order=True):
        of_controls = cells.cells.filter("control", pl.col("context") == context).sort("cell")
        controls = logs_of(cells, scale, of_controls["cell"].to_numpy())
        batch = of_controls["batch"].fill_null("")
        size = pl.col("cells").list.len()
        part = (size.cum_sum() - size) // _CELLS_AT_ONCE
        for some in here.with_columns(part.alias("part")).partition_by("part", maintain_order=True):
            wanted = np.unique(np.concatenate([np.asarray(rows) for rows in some["cells"]]))
            logs = logs_of(cells, scale, wanted)
            for (batches,), matched in some.group_by("batches", maintain_order=True):
                own = batch.is_in(list(batches)).to_numpy()
                if own.sum() < request.least:
                    continue
                against = Controls(controls[own])
                yield pl.concat(_compared(cells, logs, wanted, against, matched))


def _compared(
    cells: Cells, logs: sp.csr_matrix, wanted: NDArray[np.int64], controls: Controls, units: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """Yield the results of each unit; ``wanted`` says which cells the rows of ``logs`` are."""
    place = {gene: at for at, gene in enumerate(cells.genes)}
    for context, perturbation, rows in units.select(*_UNIT, "cells").iter_rows():
        mine = logs[np.searchsorted(wanted, rows)]
        found = controls.compare(mine, cells.genes)
        about = {
            "context": context,
            "perturbation": perturbation,
            "cells": float(len(rows)),
            "knockdown": _knockdown(mine, controls, place.get(perturbation)),
        }
        found = found.with_columns(pl.lit(value).alias(name) for name, value in about.items())
        yield found.select(pl.col(name).cast(kind) for name, kind in RESULTS.items())


def _knockdown(logs: sp.csr_matrix, controls: Controls, at: int | None) -> float | None:
    """Return the share of the target's expression that is lost; None where it is not known."""
    if at is None or controls.mean[at] == 0:
        return None
    mean = float(logs[:, [at]].sum()) / logs.shape[0]
    return 1 - float(np.expm1(mean) / np.expm1(controls.mean[at]))
