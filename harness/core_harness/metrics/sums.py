"""Sums by cluster, and ratios of them: all that a metric needs in which every pair counts for itself."""

from __future__ import annotations

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness.metrics.segments import Floats


def cluster_sums(rows: pl.DataFrame, clusters: int, *columns: Floats | NDArray[np.bool_]) -> sp.csr_array:
    """Return the sum of each column over the pairs of each cluster, shape (columns, clusters).

    ``columns`` hold one number a row. Their product with weights is the columns' sums in each resample;
    it is sparse, and so adds in one order whatever the number of threads.
    """
    cluster = rows["cluster"].to_numpy()
    return sp.csr_array(np.stack([np.bincount(cluster, column, clusters) for column in columns]))


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return ``part / whole``; NaN where ``whole`` is not above 0."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def quotient(part: Floats | float, whole: Floats) -> Floats:
    """Return ``part / whole``; 0 where ``whole`` is not above 0."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
