"""Response profiles: what each measured unit did to all genes, in a few factors.

A residual says how far a label is from its gene's rate, in standard deviations that the rate implies: a rare
response counts more than a common one. The leading factors of all residuals (singular value decomposition)
keep what many perturbations share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import svds

from core_harness.data.rates import gene_rates
from core_harness.evidence.related import Floats
from core_harness.vocabulary import Question

UNLISTED_WEIGHT = 0.03
"""Share of an observation for which a pair that is not listed counts in the rates behind residuals.

Data such as PerturbQA's list all that responds and a few per cent of what does not. Chosen on support."""

_SIGN_PRIOR = 3.0
"""Pseudo-observations behind the scale of a sign; chosen on support."""


@dataclass(frozen=True, kw_only=True)
class Responses:
    """Profiles of measured units, a unit being a perturbation in a context.

    Attributes
    ----------
    units
        ``context, perturbation``, sorted: the rows of the arrays.
    genes
        Sorted: the columns.
    spread
        (genes,): standard deviation by which labels become residuals.
    residuals
        (units, genes), 0 where nothing was measured.
    profiles
        (units, factors): each unit's residuals in the factors.
    loadings
        (genes, factors), orthonormal columns: ``profiles @ loadings.T`` is nearest to ``residuals``.
    """

    units: pl.DataFrame
    genes: pl.Series
    spread: Floats
    residuals: sp.csr_array
    profiles: Floats
    loadings: Floats

    def without_genes(self, genes: NDArray[np.bool_]) -> Responses:
        """Return the profiles of the same units with some genes taken out, in as many factors."""
        kept = np.flatnonzero(~genes)
        profiles, loadings = leading_factors(sp.csr_array(self.residuals[:, kept]), self.profiles.shape[1])
        whole = np.zeros((len(self.genes), loadings.shape[1]))
        whole[kept] = loadings
        return replace(self, profiles=profiles, loadings=whole)

    def renamed(self, codes: Mapping[str, str]) -> Responses:
        """Return the same profiles under other names."""
        units = self.units.with_columns(pl.col("perturbation").replace(codes))
        return replace(self, units=units, genes=self.genes.replace(codes))


def responses_of(support: pl.DataFrame, question: Question, *, factors: int) -> Responses:
    """Return the profiles of the perturbations of one context.

    Parameters
    ----------
    support
        Frame of :data:`~core_harness.schemas.SUPPORT`, of one context.
    question
        ``de``: residuals ``(label - rate) / sqrt(rate * (1 - rate))``, the rate with unlisted pairs counted
        in part (:data:`UNLISTED_WEIGHT`). ``dir``: ``(label - 1/2) / (sqrt(measured + 3) / 2)``, a sign that
        weighs less the more often the gene was measured, because a direction has no rare side.
    factors
        How many; fewer where there are fewer perturbations or genes.
    """
    units = support.select("context", "perturbation").unique().sort("context", "perturbation")
    of_genes = gene_rates(support, unlisted_weight=UNLISTED_WEIGHT).sort("gene")
    genes, rate = of_genes["gene"], of_genes["rate"].to_numpy()
    spread = np.sqrt(rate * (1 - rate))
    if question == "dir":
        number = support.group_by("gene").len().sort("gene")["len"].to_numpy()
        rate, spread = np.full(len(genes), 0.5), np.sqrt(number + _SIGN_PRIOR) / 2
    rows = (
        support.join(units.with_row_index("u"), on=["context", "perturbation"])
        .join(genes.to_frame().with_row_index("g"), on="gene")
        .sort("u", "g")
    )
    u, g = rows["u"].to_numpy(), rows["g"].to_numpy()
    away = rows["label"].cast(pl.Float64).to_numpy() - rate[g]
    values = np.divide(away, spread[g], out=np.zeros_like(away), where=spread[g] > 0)
    residuals = sp.csr_array((values, (u, g)), shape=(units.height, len(genes)))
    profiles, loadings = leading_factors(residuals, factors)
    return Responses(
        units=units, genes=genes, spread=spread, residuals=residuals, profiles=profiles, loadings=loadings
    )


def leading_factors(matrix: sp.csr_array, number: int) -> tuple[Floats, Floats]:
    """Return left vectors times singular values, and right vectors, of the leading factors.

    Fewer than ``number`` where the matrix has fewer rows or columns.
    """
    number = min(number, *matrix.shape)
    if number == 0 or matrix.nnz == 0:
        return np.zeros((matrix.shape[0], number)), np.zeros((matrix.shape[1], number))
    if 2 * number >= min(matrix.shape):  # too few for an iteration to pay, or to be allowed
        left, size, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
        left, size, right = left[:, :number], size[:number], right[:number]
    else:
        start = np.ones(min(matrix.shape))  # a fixed one: the same bytes each time
        left, size, right = svds(matrix, k=number, v0=start)
    return left * size, right.T
