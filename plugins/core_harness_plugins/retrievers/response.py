"""Related by what they did elsewhere: alike response profiles in other contexts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness import Block, Task
from core_harness.data.rates import gene_rates
from core_harness.errors import UsageError
from core_harness.plugins.limits import NotNegative

Floats = NDArray[np.float64]


class ResponseProfiles:
    """The correlation of two perturbations' residuals over the genes measured under both, elsewhere.

    A residual is a label minus its gene's shrunk rate, over the standard deviation that the rate
    implies: a rare response counts more than a common one. Each other context gives a correlation,
    shrunk by ``shrinkage`` genes; they are averaged by the number of genes that they rest on. Negative
    ones count as unrelated. A perturbation that was measured nowhere else has no relations.

    Parameters
    ----------
    shrinkage
        Genes of zero correlation that every pair is given.
    """

    def __init__(self, *, shrinkage: NotNegative = 20.0) -> None:
        self.shrinkage = shrinkage

    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        """Relate by the support of all contexts but the block's own.

        Raises :class:`~core_harness.errors.UsageError` in regimes without other contexts.
        """
        if not task.support_contexts:
            raise UsageError(
                f"retriever 'response' compares profiles in other contexts, and the {task.regime} regime has "
                "none; name some with --support-contexts"
            )
        queries, candidates = block.perturbations, block.candidates
        product = np.zeros((len(queries), len(candidates)))
        shared = np.zeros_like(product)
        elsewhere = block.support.filter(pl.col("context") != block.context).sort("context")
        for _, support in elsewhere.group_by("context", maintain_order=True):
            new_product, new_shared = self._correlate(support, queries, candidates)
            product += new_product
            shared += new_shared
        weight = np.clip(product / (shared + self.shrinkage), 0.0, None)
        weight[np.equal.outer(np.array(queries, dtype=object), np.array(candidates, dtype=object))] = 0.0
        at = np.nonzero(weight)
        return pl.DataFrame(
            {
                "perturbation": pl.Series(queries, dtype=pl.String).gather(at[0]),
                "neighbour": pl.Series(candidates, dtype=pl.String).gather(at[1]),
                "weight": weight[at],
            }
        )

    def _correlate(
        self, support: pl.DataFrame, queries: Sequence[str], candidates: Sequence[str]
    ) -> tuple[Floats, Floats]:
        """Return, for one context, correlation times shared genes, and shared genes, for every pair."""
        residual = (pl.col("label") - pl.col("rate")) / (pl.col("rate") * (1 - pl.col("rate"))).sqrt()
        genes = support.select(pl.col("gene").unique().sort()).with_row_index("g")
        cells = (
            support.join(gene_rates(support), on=["context", "gene"])
            .filter(pl.col("rate").is_between(0, 1, closed="none"))
            .join(genes, on="gene")
            .select("perturbation", "g", residual.alias("residual"))
        )
        left, right = (_matrix(cells, names, genes.height) for names in (queries, candidates))
        left_mask, right_mask = _mask(left), _mask(right)
        shared = (left_mask @ right_mask.T).toarray()
        covariance = (left @ right.T).toarray()
        # each perturbation's variance over the genes that the other one was measured on
        variance = (left.power(2) @ right_mask.T).toarray() * (left_mask @ right.power(2).T).toarray()
        correlation = np.divide(
            covariance, np.sqrt(variance), out=np.zeros_like(covariance), where=variance > 0
        )
        return correlation * shared, shared


def _matrix(cells: pl.DataFrame, names: Sequence[str], genes: int) -> sp.csr_array:
    rows = pl.DataFrame({"perturbation": names}, schema={"perturbation": pl.String}).with_row_index("row")
    found = cells.join(rows, on="perturbation").sort("row", "g")
    at = (found["row"].to_numpy(), found["g"].to_numpy())
    return sp.csr_array((found["residual"].to_numpy(), at), shape=(len(names), genes))


def _mask(matrix: sp.csr_array) -> sp.csr_array:
    return sp.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)
