"""Fitting on support without leaking labels.

What is fitted or chosen on support is judged on perturbations that it has not seen: the support is
divided into folds by perturbation (across contexts), each fold becomes the queries of the rest, and
everything (rates, votes, weights) is fitted again without it. Leaving out a single row is not enough:
a gene's rate without one row reveals that row's label.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from core_harness.data.splits import Split, split_rows
from core_harness.errors import UsageError


def folds(support: pl.DataFrame, *, number: int = 5, seed: int = 0) -> pl.DataFrame:
    """Return ``perturbation, fold``: each perturbation of the support in one of ``number`` folds.

    Fold sizes differ by at most one. A perturbation is in one fold whatever its context.
    """
    names = support["perturbation"].unique().sort()
    order = np.random.default_rng([seed, 2]).permutation(len(names))
    return pl.DataFrame({"perturbation": names, "fold": order % number})


def out_of_fold(support: pl.DataFrame, *, number: int = 5, seed: int = 0) -> Iterator[Split]:
    """Yield one :class:`~core_harness.data.splits.Split` a fold: its rows are queries, the rest support."""
    assigned = support.join(folds(support, number=number, seed=seed), on="perturbation", how="left")
    for fold in range(number):
        held = pl.when(pl.col("fold") == fold).then(pl.lit("test")).otherwise(pl.lit("train"))
        yield split_rows(assigned.with_columns(held.alias("split")).sort("context", "perturbation", "gene"))


def examples(split: Split, number: int, *, seed: int) -> Split:
    """Return ``number`` perturbations of the support, drawn with ``seed``, as queries of the rest.

    Ids of the pairs follow those of the split's queries, so that a model can be asked about both at
    once. Raises :class:`~core_harness.errors.UsageError` where no support would be left.
    """
    support = split.support
    names = support["perturbation"].unique().sort()
    if not 0 < number < len(names):
        raise UsageError(
            f"{number} perturbations to learn from; the support has {len(names)}, and must keep at least "
            "one other"
        )
    drawn = names.gather(np.random.default_rng([seed, 8]).permutation(len(names))[:number])
    held = pl.col("perturbation").is_in(drawn.implode())
    marked = support.with_columns(
        pl.when(held).then(pl.lit("test")).otherwise(pl.lit("train")).alias("split")
    )
    made = split_rows(marked.sort("context", "perturbation", "gene"))
    after = int(split.queries["pair_id"].max() or 0) + 1  # type: ignore[arg-type]
    later = (pl.col("pair_id") + after).cast(pl.UInt32)
    return Split(
        support=made.support,
        queries=made.queries.with_columns(later),
        truth=made.truth.with_columns(later),
    )
