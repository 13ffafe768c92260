"""Bins of equal mass, as far as ties allow."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray


def equal_mass(values: pl.Series, bins: int) -> NDArray[np.int64]:
    """Return the bin of each value, from 0 for the lowest to ``bins - 1``.

    A value whose mid-rank among n is r lies in bin floor(bins * (r - 1/2) / n): equal values share a bin,
    and the order of rows says nothing. A bin may be empty.
    """
    twice = (2 * values.rank("average")).cast(pl.Int64).to_numpy()  # twice a mid-rank is whole
    return (twice - 1) * bins // (2 * max(len(values), 1))
