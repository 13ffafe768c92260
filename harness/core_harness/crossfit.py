"""Choosing on support without looking at the answer.

Whatever is fitted or chosen on support is judged on perturbations that it did not see: the support is
divided into folds by perturbation (across contexts), each fold becomes the queries of the rest, and
everything (rates, votes, weights) is fitted again without it. Leaving out a single row is not enough:
a gene's rate without one row tells that row's label.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from core_harness.splits import Split, split_rows


def folds(support: pl.DataFrame, *, number: int = 5, seed: int = 0) -> pl.DataFrame:
    """Return ``perturbation, fold``: each perturbation of the support in one of ``number`` folds.

    Fold sizes differ by at most one. A perturbation is in one fold whatever its context.
    """
    names = support["perturbation"].unique().sort()
    order = np.random.default_rng([seed, 2]).permutation(len(names))
    return pl.DataFrame({"perturbation": names, "fold": order % number})


def out_of_fold(support: pl.DataFrame, *, number: int = 5, seed: int = 0) -> Iterator[Split]:
    """Yield one :class:`~core_harness.splits.Split` a fold: its rows are the queries, the rest is support."""
    assigned = support.join(folds(support, number=number, seed=seed), on="perturbation", how="left")
    for fold in range(number):
        held = pl.when(pl.col("fold") == fold).then(pl.lit("test")).otherwise(pl.lit("train"))
        yield split_rows(assigned.with_columns(held.alias("split")).sort("context", "perturbation", "gene"))
