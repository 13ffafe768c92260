"""Pairs sorted by segment and score: what every ranking metric is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GENE = ("context", "gene")
"""The gene of every metric."""
PERTURBATION = ("context", "perturbation")
"""What is ranked over genes; a cluster is the same over all contexts."""
POOLED = ()
"""All pairs in one segment."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Pairs grouped by segment and, within a segment, by equal score ("ties", lowest score first).

    A metric needs no more than the number of pairs by tie, class and cluster: the weight of a tie in
    all resamples at once is a product with the weights of the clusters.

    Attributes
    ----------
    positive, negative
        Number of pairs of label 1 and of label 0; sparse, ties x clusters.
    members
        1 where a tie belongs to a segment; sparse, segments x ties.
    first
        Index of each segment's first tie.
    """

    positive: sp.csr_array
    negative: sp.csr_array
    members: sp.csr_array
    first: NDArray[np.intp]

    @classmethod
    def of(cls, rows: pl.DataFrame, by: Sequence[str], clusters: int) -> Self:
        """Group rows with ``label``, finite ``score`` and ``cluster`` (of ``clusters``) by columns ``by``."""
        segment = numbered(rows, by)
        score = rows["score"].to_numpy()
        order = np.lexsort((score, segment))
        segment, score = segment[order], score[order]
        opens_segment = np.diff(segment, prepend=-1) != 0
        opens_tie = opens_segment.copy()
        opens_tie[1:] |= score[1:] != score[:-1]
        tie = np.cumsum(opens_tie) - 1
        ties = int(opens_tie.sum())
        first = tie[opens_segment]

        cluster = rows["cluster"].to_numpy()[order]
        moved = rows["label"].to_numpy()[order] == 1

        def numbers(side: NDArray[np.bool_]) -> sp.csr_array:
            bounds = np.append(0, np.cumsum(np.bincount(tie[side], minlength=ties)))
            return sp.csr_array((np.ones(bounds[-1]), cluster[side], bounds), shape=(ties, clusters))

        bounds = np.append(first, ties)
        members = sp.csr_array((np.ones(ties), np.arange(ties), bounds), shape=(len(first), ties))
        return cls(numbers(moved), numbers(~moved), members, first)

    @cached_property
    def counts(self) -> tuple[Floats, Floats]:
        """Numbers of positives and of negatives of each tie, (ties,), where every cluster counts once."""
        every = np.ones(self.positive.shape[1])
        return self.positive @ every, self.negative @ every


def with_both_classes(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Return the rows of the segments that have both labels: the only ones in which ranks say something."""
    return rows.filter(pl.col("label").n_unique().over(by) == 2)


def numbered(rows: pl.DataFrame, by: Sequence[str]) -> NDArray[np.int64]:
    """Return a number for each row's segment, in the sorted order of ``by``: names, or their numbers."""
    number = np.zeros(rows.height, dtype=np.int64)
    for column in by:
        values = rows[column]
        code = values.to_numpy() if values.dtype.is_integer() else coded(values).to_numpy()
        number *= int(code.max()) + 1 if len(code) else 1
        number += code
    return number


def coded(names: pl.Series) -> pl.Series:
    """Return the place of each name among the names that occur, sorted."""
    return names.cast(pl.Enum(names.unique().sort())).to_physical().cast(pl.UInt32)
