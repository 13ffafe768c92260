"""Files of AnnData, opened without reading their expression."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from core_harness.data.labels.cells.request import CellsRequest
from core_harness.data.labels.request import Columns
from core_harness.data.tables.reading import shown
from core_harness.data.tables.rows import LIKE_CONTEXT
from core_harness.errors import DataError, MissingDataError, UsageError
from core_harness.knowledge.names import is_control

PERTURBATIONS = ("perturbation", "pert", "target_gene", "gene_target", "target", "condition", "gene")
# a column ``cell`` names the cells here, not what they are
CONTEXTS = ("context", *(name for name in LIKE_CONTEXT if name != "cell"))
GUIDES = ("guide", "guide_id", "guide_identity", "sgrna", "sgid_ab", "sgid")
"""Usual names in small letters; the first that is there counts."""

_UNSPECIFIED = "unspecified"


@dataclass(frozen=True, kw_only=True)
class Cells:
    """A file of cells.

    Attributes
    ----------
    path
        The file.
    cells
        ``cell, context, perturbation, batch, guide, control``: one cell a row, ``cell`` its row in the
        matrix. Cells without a perturbation are not there. Guides are null where they are not asked for.
    genes
        Names of the columns of the matrix.
    matrix
        Expression, cells in rows, read where it is sliced.
    columns
        Which column of ``obs`` each was read from, and which value marks controls.
    unlabelled
        Cells without a perturbation.
    """

    path: Path
    cells: pl.DataFrame
    genes: list[str]
    matrix: Any
    columns: dict[str, str]
    unlabelled: int


@contextmanager
def open_cells(path: Path, columns: Columns, request: CellsRequest) -> Iterator[Cells]:
    """Yield a file of cells, closed afterwards.

    Raises
    ------
    MissingDataError
        The file is not there, or the extra ``anndata`` is not installed.
    DataError, UsageError
        It is no AnnData file, or has no column, layer or control of the name that is asked for, or of a usual
        one.
    """
    try:
        import h5py  # noqa: PLC0415 - an extra
        from anndata.io import read_elem, sparse_dataset  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise MissingDataError(
            f"{path} holds single cells, which need the extra anndata: pip install 'core-harness[anndata]'"
        ) from None
    if not path.exists():
        raise MissingDataError(f"{path} is not there; check the name")
    key = f"layers/{request.layer}" if request.layer else "X"
    try:
        file = h5py.File(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read as AnnData ({error}); write it again") from None
    with file:
        if key not in file:
            known = ", ".join(file.get("layers", ())) or "none"
            what = f"layer {shown(request.layer)}" if request.layer else "expression in X, say --layer"
            raise UsageError(f"{path} has no {what} (layers: {known})")
        try:
            # only what is sliced is read of the expression; anndata itself would read layers whole
            matrix = sparse_dataset(file[key]) if isinstance(file[key], h5py.Group) else file[key]
            obs, var = read_elem(file["obs"]), read_elem(file["var"])
        except (KeyError, ValueError, TypeError, OSError) as error:
            raise DataError(f"{path} cannot be read as AnnData ({error}); write it again") from None
        if getattr(matrix, "format", "csr") != "csr":
            raise DataError(f"{path}: {key} is stored gene by gene (CSC); write it cell by cell (CSR)")
        found, by = _labelled(obs, path, columns, request)
        names = var[_gene_column(var, columns.gene, path)] if columns.gene else var.index
        labelled = found.drop_nulls("perturbation")
        control = _control(labelled["perturbation"].unique().sort().to_list(), request.control, path)
        yield Cells(
            path=path,
            cells=labelled.with_columns((pl.col("perturbation") == control).alias("control")),
            genes=[str(name) for name in names],
            matrix=matrix,
            columns=by | {"control": control},
            unlabelled=found.height - labelled.height,
        )


def _labelled(
    obs: Any, path: Path, given: Columns, request: CellsRequest
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Return ``cell, context, perturbation, batch, guide`` of all cells, and the column of each."""
    guides = GUIDES if request.replicates == "cells" else ()
    there = [str(name) for name in obs.columns]
    columns = {
        "perturbation": _column(there, given.perturbation, PERTURBATIONS, path, "--perturbation-column"),
        "context": _column(there, given.context, CONTEXTS, path, "--context-column", needed=False),
        "batch": _column(there, request.batch, (), path, "--batch-column", needed=False),
        "guide": _column(there, request.guide, guides, path, "--guide-column", needed=False),
    }
    found = pl.DataFrame(
        {role: _text(obs[column]) if column else [None] * len(obs) for role, column in columns.items()},
        schema=dict.fromkeys(columns, pl.String),
    ).with_row_index("cell")
    found = found.with_columns(pl.col("context").fill_null(_UNSPECIFIED))
    return found, {role: column for role, column in columns.items() if column}


def _gene_column(var: Any, wanted: str, path: Path) -> str:
    there = [str(name) for name in var.columns]
    if wanted not in there:
        known = ", ".join(there) or "none"
        raise UsageError(f"{path} has no column {shown(wanted)} of genes (columns of var: {known})")
    return wanted


def _column(
    there: Collection[str],
    wanted: str,
    usual: Collection[str],
    path: Path,
    option: str,
    *,
    needed: bool = True,
) -> str:
    """Return the column that is wanted, else the first usual one that is there; empty for none."""
    if wanted:
        if wanted not in there:
            raise UsageError(
                f"{path} has no column {shown(wanted)} of cells (columns of obs: {_listed(there)})"
            )
        return wanted
    folded = {name.casefold(): name for name in reversed([*there])}
    found = next((folded[name] for name in usual if name in folded), "")
    if needed and not found:
        raise UsageError(
            f"{path}: which column says what was perturbed? say {option} (obs: {_listed(there)})"
        )
    return found


def _control(names: Collection[str], wanted: str, path: Path) -> str:
    if wanted:
        if wanted not in names:
            raise UsageError(f"{path} has no cells of the control {shown(wanted)}; it has {_listed(names)}")
        return wanted
    found = [name for name in names if is_control(name)]
    if len(found) != 1:
        which = f"several ({', '.join(found)})" if found else "none of a usual name"
        raise UsageError(
            f"{path}: which cells are controls? {which}; say --control (it has {_listed(names)})"
        )
    return found[0]


def _text(values: Any) -> list[str | None]:
    """Return a column of pandas as text without white space around it, null where it says nothing."""
    texts = [
        None if missing else str(value).strip() for value, missing in zip(values, values.isna(), strict=True)
    ]
    return [None if text is None or text.casefold() in {"", "nan", "none"} else text for text in texts]


def _listed(names: Collection[str]) -> str:
    some = ", ".join(list(names)[:8])
    return f"{some}, ..." if len(names) > 8 else some or "none"
