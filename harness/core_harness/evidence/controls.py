"""Controls: runs that ought to fail. A method that does not is using something else than the evidence.

Each control changes one thing at one place of the pipeline; the truth stays where it was. What is drawn
has a seed of its own, and the figure is the mean over :data:`SEEDS` of them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import get_args

import numpy as np
import polars as pl

from core_harness.data.splits import Split
from core_harness.errors import UsageError
from core_harness.evidence.evidence import Evidence
from core_harness.evidence.related import related_units, with_contexts
from core_harness.schemas import Block, Need
from core_harness.vocabulary import Control

CONTROLS: tuple[Control, ...] = get_args(Control)

SEEDS = 20
"""Of a control that draws, unless a person asks for another number."""
_DRAWN = frozenset({"shuffled-labels", "shuffled-listing", "random-neighbours", "swapped-perturbation"})


def repeats(control: Control | None, seeds: int = SEEDS) -> int:
    """Return how many seeds a run takes: ``seeds`` under a control that draws, otherwise one.

    Anonymous names are drawn too, but by chance they are no better or worse: one seed will do.
    """
    return seeds if control in _DRAWN else 1


def check_fits(control: Control | None, split: Split) -> None:
    """Refuse a swap where there is nothing to swap with. Raises :class:`UsageError`."""
    if control == "swapped-perturbation":
        asked = split.queries.group_by("context").agg(pl.col("perturbation").n_unique()).sort("context")
        if alone := asked.filter(pl.col("perturbation") == 1)["context"].to_list():
            raise UsageError(
                f"control {control!r} needs two query perturbations in a context, and {alone[0]} has one"
            )
    if control == "swapped-context":
        known = split.support["context"].unique().to_list()
        if len(known) == 1 and known[0] in split.queries["context"]:
            raise UsageError(
                f"control {control!r} needs another context with support than {known[0]}; "
                "name one with --support-contexts"
            )


def leaves_unchanged(control: Control | None, reads: Collection[Need]) -> bool:
    """Return whether a control changes nothing for an aggregator that reads these, and asks no model."""
    return control in {"positives-only", "negatives-only"} and "evidence" not in reads


def on_split(control: Control | None, split: Split, *, seed: int) -> Split:
    """Return the split that methods see; the truth stays what it was."""
    return replace(
        split,
        queries=on_queries(control, split.queries, split.support, seed=seed),
        support=on_support(control, split.support, seed=seed),
    )


def on_queries(
    control: Control | None, queries: pl.DataFrame, support: pl.DataFrame, *, seed: int
) -> pl.DataFrame:
    """Return the queries that methods are asked."""
    if control == "swapped-perturbation":
        return swap_perturbations(queries, seed=seed)
    if control == "swapped-context":
        return swap_contexts(queries, support)
    return queries


def on_support(control: Control | None, support: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Return the support that methods see."""
    if control == "shuffled-listing":
        return shuffle_listing(support, seed=seed)
    return shuffle_labels(support, seed=seed) if control == "shuffled-labels" else support


def on_relations(
    control: Control | None, relations: pl.DataFrame, block: Block, *, seed: int
) -> pl.DataFrame:
    """Return the relations that methods see."""
    return draw_neighbours(relations, block, seed=seed) if control == "random-neighbours" else relations


def on_evidence(control: Control | None, evidence: Evidence) -> Evidence:
    """Return the organized evidence that methods see: under two controls, one side of the contrast.

    The support stays whole, and with it the rate of every gene.
    """
    if control == "positives-only":
        return evidence.one_side(1)
    return evidence.one_side(0) if control == "negatives-only" else evidence


def on_names(control: Control | None, split: Split, *, seed: int) -> dict[str, str] | None:
    """Return other names for what methods and models see; None leaves the names as they are."""
    return anonymous_names(split, seed=seed) if control == "anonymised-names" else None


def anonymous_names(split: Split, *, seed: int) -> dict[str, str]:
    """Return a code such as ``X0417`` for each perturbation and gene, numbered in an order that is drawn.

    A gene that is perturbed and measured has one code for both.
    """
    columns = [frame[name] for frame in (split.queries, split.support) for name in ("perturbation", "gene")]
    names = pl.concat(column.alias("name") for column in columns).unique().sort()
    order = np.random.default_rng([seed, 7]).permutation(len(names))
    width = max(4, len(str(len(names))))
    return {name: f"X{number + 1:0{width}}" for name, number in zip(names, order, strict=True)}


def swap_perturbations(queries: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Ask each query as if of another query perturbation of its context, in the same rows.

    The perturbations of a context stand in a ring, drawn with ``seed``, and each is asked as the one
    before it: none is itself, and every one is asked about the genes of exactly one other.
    """
    rng = np.random.default_rng([seed, 6])
    units = queries.select("context", "perturbation").unique().sort("context", "perturbation")
    rings = []
    for _, names in units.group_by("context", maintain_order=True):
        ring = names[rng.permutation(names.height)]
        before = ring["perturbation"].gather(np.roll(np.arange(ring.height), 1))
        rings.append(ring.with_columns(before.alias("asked")))
    return (
        queries.join(pl.concat(rings), on=["context", "perturbation"], how="left", maintain_order="left")
        .with_columns(pl.col("asked").alias("perturbation"))
        .select(queries.columns)
    )


def swap_contexts(queries: pl.DataFrame, support: pl.DataFrame) -> pl.DataFrame:
    """Ask each query as if in the next context that has support, by name, the last one's next the first."""
    known = support["context"].unique().sort().to_list()
    later = {
        context: next((name for name in known if name > context), known[0])
        for context in queries["context"].unique().to_list()
    }
    return queries.with_columns(pl.col("context").replace(later))


def shuffle_labels(support: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Permute labels among the perturbations of each (context, gene).

    Every gene's rate stays what it was, and nothing else does.
    """
    by_gene = support.with_row_index("at").sort("context", "gene", "perturbation")
    lottery = np.random.default_rng([seed, 3]).random(by_gene.height)
    another = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in ("context", "gene"))
    gene = by_gene.select(another.fill_null(False).cum_sum()).to_series().to_numpy()
    labels = np.empty(by_gene.height, np.uint8)
    labels[by_gene["at"].to_numpy()] = by_gene["label"].to_numpy()[np.lexsort((lottery, gene))]
    return support.with_columns(pl.Series("label", labels, support.schema["label"]))


def shuffle_listing(support: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Give the rows of each (context, gene) to perturbations drawn from all of the context.

    Positive, negative and unlisted are permuted together: every gene keeps how many it has of each, and it
    is drawn which perturbations they are. (:func:`shuffle_labels` keeps which pairs are listed.)
    """
    rng = np.random.default_rng([seed, 9])
    drawn = []
    for (_,), rows in support.sort("context", "gene", "perturbation").group_by(
        "context", maintain_order=True
    ):
        names = rows["perturbation"].unique().sort()
        sizes = rows["gene"].rle().struct.field("len")
        chosen = np.concatenate([rng.permutation(len(names))[:size] for size in sizes])
        drawn.append(rows.with_columns(names.gather(chosen).alias("perturbation")))
    return pl.concat(drawn).sort("context", "perturbation", "gene") if drawn else support


def draw_neighbours(relations: pl.DataFrame, block: Block, *, seed: int) -> pl.DataFrame:
    """Give each query perturbation its weights, and its layers, on neighbours drawn among the candidates.

    Where a perturbation's relations name contexts, units are drawn: in each context as many as were related
    in it, and never the query's own.
    """
    relations = with_contexts(relations)
    named = pl.col("neighbour_context").is_not_null().any().over("perturbation")
    units = related_units(relations.filter(named), block).rename({"context": "neighbour_context"})
    ordered = pl.concat([relations.filter(~named), units.select(relations.columns)]).sort(
        "perturbation", "neighbour_context", "neighbour"
    )
    pools: dict[str | None, pl.Series] = {None: block.support["perturbation"]}
    pools |= {str(c): part["perturbation"] for (c,), part in block.support.group_by("context")}
    candidates = {c: np.array(pool.unique().sort().to_list(), dtype=object) for c, pool in pools.items()}
    drawn = []
    for (name, context), part in ordered.group_by("perturbation", "neighbour_context", maintain_order=True):
        # seeded by the names too, so that a perturbation's draw does not depend on the block it is in
        rng = np.random.default_rng([seed, 4, *str(name).encode(), *str(context or "").encode()])
        pool = candidates[context]
        others = pool[pool != name] if context in (None, block.context) else pool
        chosen = rng.permutation(others)[: part.height]
        drawn.append(part.with_columns(pl.Series("neighbour", chosen, dtype=pl.String)))
    return pl.concat(drawn) if drawn else relations
