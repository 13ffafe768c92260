"""Where a run is good: macro-per-gene AUROC among pairs that are alike in one respect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from core_harness.knowledge import Graph
from core_harness.knowledge.names import JOINED
from core_harness.metrics import Resampled, checked, draw_clusters, measures
from core_harness.metrics.segments import GENE, with_both_classes

BINS = 4
_METRIC = "macro_gene_auroc"
_PAIR = ["context", "perturbation", "gene"]


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """The pairs of genes with both classes in a range of some property.

    Attributes
    ----------
    by
        The property.
    lowest, highest
        The range, both ends in it.
    value, low, high
        Macro-per-gene AUROC within the stratum, with its 95 % interval; None where it is not defined.
    genes, pairs
        What it rests on: genes that have both classes within the stratum.
    """

    by: str
    lowest: float
    highest: float
    value: float | None
    low: float | None
    high: float | None
    genes: int
    pairs: int


def strata(
    repeats: Sequence[pl.DataFrame],
    properties: Mapping[str, pl.DataFrame],
    *,
    seed: int,
    resamples: int = 1000,
) -> list[Stratum]:
    """Return the strata of a run by each property, lowest first.

    Parameters
    ----------
    repeats
        Scored pairs: one frame, or one a seed of a control.
    properties
        By name: ``context, perturbation, gene`` and ``value`` for each pair. Pairs without a value are
        left out.
    seed, resamples
        Of the bootstrap.
    """
    found = []
    for name, values in properties.items():
        frames = [frame.join(values, on=_PAIR) for frame in repeats]
        evaluable = with_both_classes(frames[0].drop_nulls("score"), GENE)["value"].drop_nulls()
        for lowest, highest in _bins(evaluable):
            inside = pl.col("value").is_between(lowest, highest)
            kept = [frame.filter(inside) for frame in frames]
            found.append(_stratum(name, lowest, highest, kept, seed=seed, resamples=resamples))
    return found


def strength(scored: pl.DataFrame) -> pl.DataFrame:
    """Return the share of its measured genes that each pair's perturbation moves in truth."""
    moved = pl.col("label").cast(pl.Float64).mean().over("context", "perturbation")
    return scored.select(*_PAIR, moved.alias("value"))


def degree(scored: pl.DataFrame, graph: Graph) -> pl.DataFrame:
    """Return the number of sets and edges that each pair's perturbation has in the graph, over all layers."""
    ends = [
        layer.frame[column].alias("symbol")
        for layer in graph.layers
        for column in (("gene",) if layer.kind == "sets" else ("a", "b"))
    ]
    known = pl.concat([pl.Series("symbol", [], dtype=pl.String), *ends]).value_counts(name="value")
    symbol = graph.symbols.approve(scored["perturbation"]).alias("symbol")
    return (
        scored.select(*_PAIR, symbol)
        .join(known, on="symbol", how="left")
        .select(*_PAIR, pl.col("value").fill_null(0).cast(pl.Float64))
    )


def parts_seen(scored: pl.DataFrame, support: pl.DataFrame) -> pl.DataFrame:
    """Return how many genes of each combination some support perturbation of its context is of.

    Null for perturbations of one gene. GEARS (Roohani et al. 2023) divides combinations so.
    """

    def genes_of(rows: pl.DataFrame) -> pl.DataFrame:
        parts = pl.col("perturbation").str.split(JOINED).alias("part")
        return rows.select("context", "perturbation", parts).unique().explode("part")

    asked = genes_of(scored.filter(pl.col("perturbation").str.contains(JOINED, literal=True)))
    seen = genes_of(support).select("context", "part", pl.lit(1.0).alias("seen")).unique()
    number = asked.join(seen, on=["context", "part"], how="left").group_by("context", "perturbation")
    values = number.agg(pl.col("seen").sum().alias("value"))
    return scored.select(*_PAIR).join(values, on=["context", "perturbation"], how="left")


def _bins(values: pl.Series) -> list[tuple[float, float]]:
    """Return ranges that hold about equal numbers of values; equal values are never apart."""
    ordered = values.sort().to_numpy()
    if not len(ordered):
        return []
    starts = np.unique(ordered[[len(ordered) * part // BINS for part in range(BINS)]])
    bounds = [*np.searchsorted(ordered, starts), len(ordered)]
    return [(float(ordered[first]), float(ordered[last - 1])) for first, last in pairwise(bounds)]


def _stratum(
    by: str, lowest: float, highest: float, frames: Sequence[pl.DataFrame], *, seed: int, resamples: int
) -> Stratum:
    found = [measures(checked(frame))[_METRIC] for frame in frames]
    draws = draw_clusters(found[0].clusters, seed=seed, resamples=resamples)
    run = Resampled.of(found, draws)
    low, high = run.interval(_METRIC) or (None, None)
    return Stratum(
        by=by,
        lowest=lowest,
        highest=highest,
        value=None if np.isnan(run.value) else run.value,
        low=low,
        high=high,
        genes=found[0].genes,
        pairs=found[0].pairs,
    )
