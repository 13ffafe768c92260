"""Expression of cells on one scale, some cells at a time, whatever the size of their file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness.data.labels.cells.opening import Cells
from core_harness.errors import DataError

PER_CELL = 10_000.0
"""To how many counts cells are scaled; any number gives the same ranks."""

_AT_ONCE = 4_096
"""Cells that are read at a time."""

_LARGEST_LOG = 25.0
"""No log1p of counts of a cell is larger; counts that are larger everywhere are no logarithms."""


class Scale(Enum):
    """What the numbers of a matrix are."""

    COUNTS = "counts"
    NORMALISED = "normalised"
    LOGS = "logs"


def scale_of(cells: Cells) -> Scale:
    """Return what the numbers of a file are, by its first cells.

    Whole numbers are counts; of others, those that stay below the logarithm of any count are log1p of
    normalised counts. Raises :class:`~core_harness.errors.DataError` for numbers below 0 (scaled values), of
    which a mean of zero says nothing of expression.
    """
    values = _rows(cells.matrix, 0, min(_AT_ONCE, cells.matrix.shape[0])).data
    if not len(values):
        raise DataError(f"{cells.path}: the first {_AT_ONCE:,} cells express nothing; say which --layer does")
    if not np.isfinite(values).all() or values.min() < 0:
        raise DataError(
            f"{cells.path} has expression below 0, as where it was scaled; say which --layer has counts or "
            "their logarithms"
        )
    if (values == np.round(values)).all():
        return Scale.COUNTS
    return Scale.LOGS if values.max() <= _LARGEST_LOG else Scale.NORMALISED


def counts_of(cells: Cells, wanted: Sequence[int] | NDArray[np.int64]) -> sp.csr_matrix:
    """Return the numbers of some cells as they are in the file, in the order of their rows.

    The file is read once from the first to the last of them, so that it does not matter how they are sorted.
    """
    parts = list(_wanted(cells.matrix, np.unique(np.asarray(wanted, dtype=np.int64))))
    return sp.vstack(parts, format="csr") if parts else sp.csr_matrix((0, cells.matrix.shape[1]))


def logs_of(cells: Cells, scale: Scale, wanted: Sequence[int] | NDArray[np.int64]) -> sp.csr_matrix:
    """Return log1p of normalised counts of some cells, in the order of their rows, as float32."""
    found = counts_of(cells, wanted).astype(np.float32, copy=False)
    if scale is Scale.COUNTS:
        size = np.asarray(found.sum(axis=1)).ravel() / np.float32(PER_CELL)
        # a quotient, as in scanpy: ties of ranks depend on the last digit
        found.data /= np.repeat(size, np.diff(found.indptr))
    if scale is not Scale.LOGS:
        found.data = np.log1p(found.data)
    found.eliminate_zeros()
    return found


def _wanted(matrix: Any, rows: NDArray[np.int64]) -> Iterator[sp.csr_matrix]:
    if not len(rows):
        return
    for start in range(int(rows[0]), int(rows[-1]) + 1, _AT_ONCE):
        stop = min(start + _AT_ONCE, int(rows[-1]) + 1)
        mine = rows[np.searchsorted(rows, start) : np.searchsorted(rows, stop)]
        if len(mine):
            yield _rows(matrix, start, stop)[mine - start]


def _rows(matrix: Any, start: int, stop: int) -> sp.csr_matrix:
    return sp.csr_matrix(matrix[start:stop])
