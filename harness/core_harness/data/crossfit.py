"""Fitting on support without leaking labels.

What is fitted or chosen on support is judged on perturbations that it has not seen: the support is
divided into folds by perturbation (across contexts), each fold becomes the queries of the rest, and
everything (rates, votes, weights) is fitted again without it. Leaving out a single row is not enough:
a gene's rate without one row reveals that row's label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import polars as pl

from core_harness.data.splits import AWAY, Split, only_unseen, split_rows
from core_harness.errors import UsageError
from core_harness.vocabulary import Regime, Undeclared

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
    of them, as in ``unseen-perturbation``. With ``contexts``, only rows of these are asked about, one context
    at a time, and what the perturbations of the fold did in the other contexts stays in the support, as in
    ``cross-context``. Folds are those of :func:`folds` over the rows that are asked about; so they are the
    same in both regimes.

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


def examples(
    split: Split,
    number: int | None,
    *,
    seed: int,
    regime: Regime | Undeclared = "unseen-perturbation",
    support_contexts: Collection[str] = (),
) -> Iterator[tuple[frozenset[str], list[Split]]]:
    """Yield contexts of the queries, and divisions of the support to learn from before these are predicted.

    Without support contexts, each context is alone with its own support: what is learnt for it is what a
    dataset of this context would teach. With them, as in the cross-context regime, examples of all contexts
    that are asked about are learnt from together, and what an example did in other contexts stays in its
    support. Where a query's own context is unseen, each of the support contexts is asked about, and the
    others are its support.

    ``number`` perturbations, drawn with ``seed``, are queries of the rest in one division. None: all
    perturbations are, in five folds or, where they are fewer, one by one (:func:`out_of_fold`).

    Ids of the pairs follow those of the split's queries, so that a model can be asked about all at once.
    Raises :class:`~core_harness.errors.UsageError` where no support would be left.
    """
    asked = split.queries["context"].unique().sort().to_list()
    after = int(split.queries["pair_id"].max() or 0) + 1  # type: ignore[arg-type]
    apart = not support_contexts or regime in AWAY
    for contexts in [[context] for context in asked] if apart else [asked]:
        known = {*contexts, *support_contexts}
        support = split.support.filter(pl.col("context").is_in(known))
        parts = []
        if regime in AWAY:
            divided = _by_context(support, number, known - {*contexts}, regime, seed=seed)
        else:
            divided = _divided(support, number, contexts, seed=seed)
        for part in divided:
            later = (pl.col("pair_id") + after).cast(pl.UInt32)
            queries, truth = part.queries.with_columns(later), part.truth.with_columns(later)
            parts.append(Split(support=part.support, queries=queries, truth=truth))
            after += part.queries.height
        yield frozenset(contexts), parts


def _by_context(
    support: pl.DataFrame,
    number: int | None,
    contexts: Collection[str],
    regime: Regime | Undeclared,
    *,
    seed: int,
) -> Iterator[Split]:
    """Yield divisions in which perturbations of one context are queries of the others, by the regime."""
    if len(contexts) < 2:
        raise UsageError(
            "a method that learns needs 2 or more other contexts where its own is unseen, one to be asked "
            f"about and one to answer from; it has {', '.join(sorted(contexts)) or 'none'}"
        )
    here = pl.col("context")
    for context in sorted(contexts):
        names = support.filter(here == context)["perturbation"].unique().sort()
        drawn = names.gather(np.random.default_rng([seed, 8]).permutation(len(names))[:number])
        rows = support.filter((here != context) | pl.col("perturbation").is_in(drawn.implode()))
        held = pl.when(here == context).then(pl.lit("test")).otherwise(pl.lit("train")).alias("split")
        known = rows.filter(here.is_in(contexts)).with_columns(held)
        split = split_rows(known.sort("context", "perturbation", "gene"))
        split = only_unseen(split, regime, support_contexts=contexts)
        if split.queries.height:
            yield split


def _divided(
    support: pl.DataFrame, number: int | None, contexts: Collection[str], *, seed: int
) -> Iterator[Split]:
    """Yield divisions in which perturbations of some contexts become queries of the rest."""
    asked = support.filter(pl.col("context").is_in(contexts))
    names = asked["perturbation"].unique().sort()
    if len(names) < 2:
        raise UsageError(
            f"a method that learns needs 2 or more perturbations in the support of "
            f"{', '.join(sorted(contexts))}; it has {len(names)}"
        )
    if number is None:
        yield from out_of_fold(support, number=min(FOLDS, len(names)), seed=seed, contexts=contexts)
        return
    if not 0 < number < len(names):
        raise UsageError(
            f"{number} perturbations to learn from; the support of {', '.join(sorted(contexts))} has "
            f"{len(names)}, and must keep at least one other"
        )
    drawn = names.gather(np.random.default_rng([seed, 8]).permutation(len(names))[:number])
    unit = ["context", "perturbation"]
    held = asked.filter(pl.col("perturbation").is_in(drawn.implode())).select(unit).unique().sort(unit)
    if len(contexts) > 1:  # each is asked about in one context only
        order = np.random.default_rng([seed, 10]).permutation(held.height)
        held = held[order].unique("perturbation", keep="first", maintain_order=True)
    marked = support.join(held.with_columns(pl.lit("test").alias("split")), on=unit, how="left")
    drawn_rows = marked.with_columns(pl.col("split").fill_null("train")).sort(*unit, "gene")
    yield split_rows(drawn_rows)
