"""What methods may learn from: regimes, parts of a dataset, blocks.

A dataset's rows are divided by perturbation, and the queries are test rows. The support of a query is

``unseen-perturbation``
    the train rows of its own context;
``cross-context``
    these, and the train rows of other, named contexts;
``unseen-context``
    the train rows of the other contexts alone, where the query's perturbation stands among them;
``unseen-both``
    the same, where it does not;
``unseen-gene``
    the train rows of its own context without the genes that are asked about.

Labels of queries are separated here and reach no component.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from core_harness.errors import UsageError
from core_harness.schemas import PAIRS, SUPPORT, Block, in_order
from core_harness.vocabulary import Regime, Undeclared

AWAY: tuple[Regime, ...] = ("unseen-context", "unseen-both")
"""Regimes in which nothing of a query's own context is support."""

BLOCK_PERTURBATIONS = 512
"""Query perturbations in a block. Fixed, so that block bounds depend on the data only."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """Rows divided into what methods see and what the pipeline keeps.

    Attributes
    ----------
    support
        Frame of :data:`~core_harness.schemas.SUPPORT`, sorted.
    queries
        Frame of :data:`~core_harness.schemas.PAIRS`, sorted; ``pair_id`` counts the rows.
    truth
        ``pair_id, label``. Only metrics read it.
    away
        Whether a query's own context is no support of it (:data:`AWAY`).
    cells
        ``context, perturbation, cells``: with how many cells each perturbation was measured; None where the
        dataset does not say.
    """

    support: pl.DataFrame
    queries: pl.DataFrame
    truth: pl.DataFrame
    away: bool = False
    cells: pl.DataFrame | None = None


def split_rows(rows: pl.DataFrame) -> Split:
    """Divide checked, sorted rows (:func:`core_harness.data.tables.check_rows`) by their ``split`` column."""
    test = rows.filter(pl.col("split") == "test").with_row_index("pair_id")
    return Split(
        support=rows.filter(pl.col("split") == "train").select(*SUPPORT),
        queries=test.select(*PAIRS),
        truth=test.select("pair_id", "label"),
        cells=cells_of(rows),
    )


def cells_of(rows: pl.DataFrame) -> pl.DataFrame | None:
    """Return the number of cells of each perturbation, where rows have a column of it."""
    if "cells" not in rows.columns:
        return None
    return rows.group_by("context", "perturbation").agg(pl.col("cells").max().cast(pl.Float64))


def limit_genes(split: Split, pairs: int, *, seed: int) -> Split:
    """Keep whole genes, drawn with ``seed``, until ``pairs`` queries are reached.

    Whole genes, because 1,000 single pairs of K562 would leave 15 genes that can be evaluated.
    """
    genes = split.queries.group_by("context", "gene").agg(pl.len().alias("n")).sort("context", "gene")
    order = np.random.default_rng([seed, 1]).permutation(genes.height)
    drawn = genes[order].filter((pl.col("n").cum_sum() - pl.col("n")) < pairs)
    return _keep(split, split.queries.join(drawn, on=["context", "gene"], how="semi"))


def only_evaluable(split: Split) -> Split:
    """Keep queries of genes with both classes: the only ones that can move macro-per-gene AUROC."""
    labelled = split.queries.join(split.truth, on="pair_id")
    both = pl.col("label").n_unique().over("context", "gene") == 2
    return _keep(split, labelled.filter(both))


def only_asked(split: Split, asked: pl.DataFrame) -> Split:
    """Keep queries that are among ``asked``, by context, perturbation and gene."""
    return _keep(split, split.queries.join(asked, on=["context", "perturbation", "gene"], how="semi"))


def hold_out_genes(split: Split, share: float, *, seed: int) -> Split:
    """Take a share of the query genes, drawn with ``seed``, out of the support, and ask only about them.

    A gene is held out in all contexts. At least one is.
    """
    genes = split.queries["gene"].unique().sort()
    order = np.random.default_rng([seed, 5]).permutation(len(genes))
    held = genes.gather(order[: max(1, round(share * len(genes)))]).implode()
    support = split.support.filter(~pl.col("gene").is_in(held))
    return replace(_keep(split, split.queries.filter(pl.col("gene").is_in(held))), support=support)


def only_unseen(split: Split, regime: Regime | Undeclared, *, support_contexts: Collection[str]) -> Split:
    """Keep the support of some contexts, and queries whose perturbation stands in another of them, or not.

    Only in the regimes :data:`AWAY` is anything left out; there a context without another one is not asked.
    """
    if regime not in AWAY:
        return split
    support = split.support.filter(pl.col("context").is_in(support_contexts))
    units = support.select("perturbation", pl.col("context").alias("elsewhere")).unique()
    seen = (
        split.queries.join(units, on="perturbation")
        .filter(pl.col("context") != pl.col("elsewhere"))
        .select("pair_id")
        .unique()
    )
    how: Literal["semi", "anti"] = "semi" if regime == "unseen-context" else "anti"
    alone = [own for own in split.queries["context"].unique() if not {*support_contexts} - {own}]
    asked = split.queries.join(seen, on="pair_id", how=how).filter(~pl.col("context").is_in(alone))
    return replace(_keep(split, asked), support=support, away=True)


def draw_support(split: Split, perturbations: int, genes: int | None, *, seed: int) -> Split:
    """Keep a budget: so many measured perturbations of each context, and so many genes of each.

    Both are drawn with ``seed``; a smaller budget is a part of a larger one. ``genes`` None keeps all that
    were measured. Raises :class:`~core_harness.errors.UsageError` where a context has fewer perturbations.
    """
    rng = np.random.default_rng([seed, 6])
    measured = split.support.select("context", "perturbation").unique().sort("context", "perturbation")
    measured = measured.with_columns(pl.Series("drawn", rng.random(measured.height)))
    fewest = measured.group_by("context").len().sort("len", "context").row(0)
    if fewest[1] < perturbations:
        raise UsageError(
            f"a support of {perturbations}: only {fewest[1]} perturbations of {fewest[0]} are measured"
        )
    chosen = measured.filter(pl.col("drawn").rank("ordinal").over("context") <= perturbations)
    drawn = pl.Series("drawn", rng.random(split.support.height))
    support = split.support.with_columns(drawn).join(
        chosen.drop("drawn"), on=["context", "perturbation"], how="semi", maintain_order="left"
    )
    if genes is not None:
        place = pl.col("drawn").rank("ordinal").over("context", "perturbation")
        support = support.filter(place <= genes)
    return replace(split, support=support.select(*SUPPORT))


def blocks(
    queries: pl.DataFrame,
    support: pl.DataFrame,
    *,
    regime: Regime | Undeclared = "unseen-perturbation",
    support_contexts: Collection[str] = (),
    cells: pl.DataFrame | None = None,
) -> Iterator[Block]:
    """Yield the queries in blocks of whole perturbations of one context, each with its support.

    The support is that of the context itself, unless the regime keeps it away, and of ``support_contexts``.
    The numbers of :attr:`Split.cells` ride along with the pairs, in a column ``cells``.
    """
    if cells is not None:
        queries = queries.join(cells, on=["context", "perturbation"], how="left")
    columns = [*PAIRS, *(["cells"] if cells is not None else [])]
    for context in queries["context"].unique().sort():
        pairs = queries.filter(pl.col("context") == context)
        known = {*support_contexts} - {context} if regime in AWAY else {context, *support_contexts}
        own = support.filter(pl.col("context").is_in(known))
        names = pairs["perturbation"].unique().sort()
        for start in range(0, len(names), BLOCK_PERTURBATIONS):
            members = names[start : start + BLOCK_PERTURBATIONS].implode()
            chosen = pairs.filter(pl.col("perturbation").is_in(members)).select(columns)
            yield Block(context=context, pairs=chosen.sort("perturbation", "gene"), support=own)


def by_pair(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return frames with a ``pair_id`` as one, sorted by it."""
    frame = pl.concat(parts)
    return frame if in_order(frame, ["pair_id"]) else frame.sort("pair_id")


def beside(queries: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    """Return queries with the columns that another frame has of the same ``pair_id``.

    Where both have the same ids in the same order nothing is looked up, and nothing copied.
    """
    if queries["pair_id"].equals(columns["pair_id"]):
        return queries.hstack(columns.drop("pair_id"))
    return queries.join(columns, on="pair_id")


def _keep(split: Split, queries: pl.DataFrame) -> Split:
    queries = queries.select(*PAIRS).sort("pair_id")
    return replace(split, queries=queries, truth=split.truth.join(queries, on="pair_id", how="semi"))
