"""The rank-sum test of perturbed cells against controls, gene by gene.

The engine is that of pdex, on sparse matrices, with the tie correction and without a correction for
continuity: the p-values of scanpy's ``rank_genes_groups(method="wilcoxon", tie_correct=True)``. Without the
tie correction, which is scanpy's default, half of the calls on sparse counts are lost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

_TINY = 1e-9
"""Added to means before a ratio is taken, as scanpy and pdex do."""


class Controls:
    """Cells that perturbed ones are compared with, indexed once for all comparisons."""

    def __init__(self, logs: sp.csr_matrix) -> None:
        from numba_mwu import sparse_column_index  # noqa: PLC0415

        self.number = logs.shape[0]
        self.mean = _mean(logs)
        self._index: Any = sparse_column_index(logs)

    def compare(self, logs: sp.csr_matrix, genes: list[str]) -> pl.DataFrame:
        """Return ``gene, p_value, fdr, log2_fold_change, expression`` of perturbed cells, one gene a row.

        The fold change is that of scanpy and pdex: of ``expm1`` of the means of logarithms. FDR by Benjamini
        and Hochberg over all genes; a gene that no cell expresses has none. ``expression`` is the mean of the
        controls, as normalised counts.
        """
        from numba_mwu import mannwhitneyu_sparse  # noqa: PLC0415

        mean = _mean(logs)
        p_value = np.asarray(mannwhitneyu_sparse(logs, self._index, use_continuity=False).pvalue)
        p_value = np.where(np.isnan(p_value), 1.0, p_value)
        silent = (mean == 0) & (self.mean == 0)
        counts, of_controls = np.expm1(mean), np.expm1(self.mean)
        frame = pl.DataFrame(
            {
                "gene": genes,
                "p_value": p_value,
                "fdr": false_discovery_control(p_value),
                "log2_fold_change": np.log2((counts + _TINY) / (of_controls + _TINY)),
                "expression": of_controls,
            }
        )
        heard = pl.lit(pl.Series(~silent))
        return frame.with_columns(
            pl.when(heard).then(pl.col(name)).alias(name) for name in ("p_value", "fdr", "log2_fold_change")
        )


def _mean(logs: sp.csr_matrix) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.asarray(logs.sum(axis=0, dtype=np.float64)).ravel() / max(logs.shape[0], 1)
    return mean
