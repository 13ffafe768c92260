"""How far scores are gene frequency in other words. It describes, and judges nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness.metrics.bins import equal_mass
from core_harness.metrics.bootstrap import Statistic, undefined
from core_harness.metrics.influence import Smooth
from core_harness.metrics.segments import Floats
from core_harness.metrics.sums import ratio

Places = NDArray[np.int64]


def gene_prior_correlation(column: Literal["score", "label"], rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return the rank correlation (Spearman 1904) of a column with the gene's rate, ties at mid-ranks.

    Ranks are made again in each resample. Not defined where all values of either are the same.
    """
    if rows.is_empty():
        return undefined
    first, second = (
        (rows[name].rank("dense").cast(pl.Int64) - 1).to_numpy() for name in (column, "gene_rate")
    )
    number = int(second.max()) + 1
    cells, cell = np.unique(first * number + second, return_inverse=True)  # pairs that tie in both
    places = np.arange(len(cells))
    pairs = sp.csr_array((np.ones(len(cell)), (cell, rows["cluster"].to_numpy())), (len(cells), clusters))
    ties = (cells // number, cells % number)
    sides = [(tie, sp.csr_array((np.ones(len(tie)), (tie, places)))) for tie in ties]

    def statistic(weights: Floats) -> Floats:
        drawn = pairs @ weights
        product, variances = drawn, []
        for tie, members in sides:
            size = members @ drawn
            rank = _centred_ranks(size)
            variances.append((size * rank**2).sum(axis=0))
            product = product * rank[tie]
        return ratio(product.sum(axis=0), np.sqrt(variances[0] * variances[1]))

    return Smooth(statistic, partial(_influence, pairs, sides))


def _influence(pairs: sp.csr_array, sides: Sequence[tuple[Places, sp.csr_array]]) -> Floats | None:
    """Return the influence of each cluster on the correlation; None where it is not defined.

    The rank of a tie changes by one half, up or down, with every pair of a lower or a higher one.
    """
    drawn = pairs @ np.ones(pairs.shape[1])
    ties = [tie for tie, _ in sides]
    sizes = [members @ drawn for _, members in sides]
    ranks = [_centred_ranks(size) for size in sizes]
    variances = [float((size * rank**2).sum()) for size, rank in zip(sizes, ranks, strict=True)]
    scale = math.sqrt(variances[0] * variances[1])
    if not scale > 0:
        return None
    spread = [rank[tie] for rank, tie in zip(ranks, ties, strict=True)]
    slope = spread[0] * spread[1] / scale
    correlation = float(drawn @ slope)
    for side, (tie, members) in enumerate(sides):
        other = _centred_ranks(members @ (drawn * spread[1 - side]))
        own = ranks[side] ** 2 - 2 * _centred_ranks(sizes[side] * ranks[side])
        slope -= (other / scale + correlation / (2 * variances[side]) * own)[tie]
    found: Floats = slope @ pairs
    return found


@dataclass(frozen=True, kw_only=True)
class RateBin:
    """Pairs whose genes respond about equally often in the support.

    Attributes
    ----------
    gene_rate
        Mean of the genes' rates.
    low, median, high
        10th, 50th and 90th percentile of the scores.
    positives
        Share of the pairs that have label 1.
    pairs
        Their number.
    """

    gene_rate: float
    low: float
    median: float
    high: float
    positives: float
    pairs: int


def scores_by_gene_rate(rows: pl.DataFrame, *, bins: int = 10) -> tuple[RateBin, ...]:
    """Return the scores of answered pairs by how often their gene responds, rarest genes first.

    Scores that repeat gene frequency lie in a narrow band that rises with it.
    """
    score = pl.col("score")
    table = (
        rows.with_columns(bin=pl.Series(equal_mass(rows["gene_rate"], bins)))
        .group_by("bin")
        .agg(
            pl.col("gene_rate").mean(),
            score.quantile(0.1, "linear").alias("low"),
            score.median().alias("median"),
            score.quantile(0.9, "linear").alias("high"),
            pl.col("label").mean().alias("positives"),
            pl.len().alias("pairs"),
        )
        .sort("bin")
    )
    return tuple(RateBin(**row) for row in table.drop("bin").iter_rows(named=True))


def _centred_ranks(size: Floats) -> Floats:
    """Return the mid-rank of each tie, lowest first, minus the mean rank."""
    through: Floats = np.cumsum(size, axis=0)
    return through - size / 2 - through[-1:] / 2
