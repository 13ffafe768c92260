"""How far scores are gene frequency in other words. It describes, and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
import scipy.sparse as sp

from core_harness.metrics.bins import equal_mass
from core_harness.metrics.bootstrap import Statistic, undefined
from core_harness.metrics.segments import Floats
from core_harness.metrics.sums import ratio


def gene_prior_correlation(column: Literal["score", "label"], rows: pl.DataFrame, clusters: int) -> Statistic:
    """Return the rank correlation (Spearman 1904) of a column with the gene's rate, ties at mid-ranks.

    Ranks are made again in each resample. Not defined where all values of either are the same.
    """
    if rows.is_empty():
        return undefined
    ranks = rows.select(pl.col(column, "gene_rate").rank("dense").cast(pl.Int64) - 1).to_numpy()
    cells, cell = np.unique(ranks, axis=0, return_inverse=True)  # pairs that tie in both
    places = np.arange(len(cells))
    pairs = sp.csr_array((np.ones(len(cell)), (cell, rows["cluster"].to_numpy())), (len(cells), clusters))
    sides = [(tie, sp.csr_array((np.ones(len(tie)), (tie, places)))) for tie in cells.T]

    def statistic(weights: Floats) -> Floats:
        drawn = pairs @ weights
        product, variances = drawn, []
        for tie, members in sides:
            size = members @ drawn
            rank = _centred_ranks(size)
            variances.append((size * rank**2).sum(axis=0))
            product = product * rank[tie]
        return ratio(product.sum(axis=0), np.sqrt(variances[0] * variances[1]))

    return statistic


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
