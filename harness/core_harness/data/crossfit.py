"""Fitting on support without leaking labels.

What is fitted or chosen on support is judged on perturbations that it has not seen: the support is
divided into folds by perturbation (across contexts), each fold becomes the queries of the rest, and
everything (rates, votes, weights) is fitted again without it. Leaving out a single row is not enough:
a gene's rate without one row reveals that row's label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import numpy as np
import polars as pl

from core_harness.data.splits import Split, split_rows
from core_harness.errors import UsageError

FOLDS = 5
"""Folds of perturbations, unless the caller asks for another number."""


def folds(support: pl.DataFrame, *, number: int = FOLDS, seed: int = 0) -> pl.DataFrame:
    """Return ``perturbation, fold``: each perturbation of the support in one of ``number`` folds.

    Fold sizes differ by at most one. A perturbation is in one fold whatever its context.
    """
    names = support["perturbation"].unique().sort()
    order = np.random.default_rng([seed, 2]).permutation(len(names))
    return pl.DataFrame({"perturbation": names, "fold": order % number})


def out_of_fold(
    support: pl.DataFrame, *, number: int = FOLDS, seed: int = 0, contexts: Collection[str] = ()
) -> Iterator[Split]:
    """Yield :class:`~core_harness.data.splits.Split` fold by fold: its rows are queries, the rest support.

    Without ``contexts``, the perturbations of a fold leave the support in every context: nothing is known
    of them, as in the strict regime. With ``contexts``, only rows of these are asked about, one context at
    a time, and what the perturbations of the fold did in the other contexts stays in the support, as in
    the cross-context regime. Folds are those of :func:`folds` over the rows that are asked about; so they
    are the same in both regimes.

    Raises :class:`~core_harness.errors.UsageError` where there are fewer than two folds, or more than
    perturbations.
    """
    asked = support.filter(pl.col("context").is_in(contexts)) if contexts else support
    known = asked["perturbation"].n_unique()
    if not 1 < number <= known:
        raise UsageError(f"{number} folds of {known} perturbations; take 2 or more, each with a perturbation")
    assigned = support.join(folds(asked, number=number, seed=seed), on="perturbation", how="left")
    parts = [pl.col("context") == context for context in sorted(contexts)] or [pl.lit(True)]
    for fold in range(number):
        for part in parts:
            held = (pl.col("fold") == fold) & part
            marked = assigned.with_columns(
                pl.when(held).then(pl.lit("test")).otherwise(pl.lit("train")).alias("split")
            )
            split = split_rows(marked.sort("context", "perturbation", "gene"))
            if split.queries.height:  # a fold may have no perturbation of one of the contexts
                yield split


def examples(split: Split, number: int | None, *, seed: int, contexts: Collection[str] = ()) -> list[Split]:
    """Return ``number`` perturbations of the support, drawn with ``seed``, as queries of the rest.

    None: all perturbations, in five folds or, where they are fewer, one by one (:func:`out_of_fold`);
    otherwise there is one division.

    Without ``contexts``, the drawn perturbations leave the support in every context. With ``contexts``, in
    the cross-context regime, they are drawn among those measured there, each is asked about in one of these
    contexts, and what it did in the others stays in the support: as it is with the queries.

    Ids of the pairs follow those of the split's queries, so that a model can be asked about both at
    once. Raises :class:`~core_harness.errors.UsageError` where no support would be left.
    """
    support = split.support
    asked = support.filter(pl.col("context").is_in(contexts)) if contexts else support
    names = asked["perturbation"].unique().sort()
    if number is None:
        if len(names) < 2:
            where = f" in {', '.join(sorted(contexts))}" if contexts else ""
            raise UsageError(
                f"a method that learns needs 2 or more perturbations in the support{where}; "
                f"it has {len(names)}"
            )
        made = out_of_fold(support, number=min(FOLDS, len(names)), seed=seed, contexts=contexts)
        return _numbered_after(split, made)
    if not 0 < number < len(names):
        raise UsageError(
            f"{number} perturbations to learn from; the support has {len(names)}, and must keep at least "
            "one other"
        )
    drawn = names.gather(np.random.default_rng([seed, 8]).permutation(len(names))[:number])
    unit = ["context", "perturbation"]
    held = asked.filter(pl.col("perturbation").is_in(drawn.implode())).select(unit).unique().sort(unit)
    if contexts:
        order = np.random.default_rng([seed, 10]).permutation(held.height)
        held = held[order].unique("perturbation", keep="first", maintain_order=True)
    marked = support.join(held.with_columns(pl.lit("test").alias("split")), on=unit, how="left")
    drawn_rows = marked.with_columns(pl.col("split").fill_null("train")).sort(*unit, "gene")
    return _numbered_after(split, [split_rows(drawn_rows)])


def _numbered_after(split: Split, made: Iterable[Split]) -> list[Split]:
    """Return divisions whose pairs are numbered on from the queries of a split."""
    after = int(split.queries["pair_id"].max() or 0) + 1  # type: ignore[arg-type]
    numbered = []
    for one in made:
        later = (pl.col("pair_id") + after).cast(pl.UInt32)
        queries, truth = one.queries.with_columns(later), one.truth.with_columns(later)
        numbered.append(Split(support=one.support, queries=queries, truth=truth))
        after += one.queries.height
    return numbered
