"""What two genes have in common in a layer: the reasons behind a kernel's value."""

from __future__ import annotations

import polars as pl

from core_harness.knowledge.layers import Layer


def shared_sets(layer: Layer, a: str, b: str) -> pl.DataFrame:
    """Return ``set, genes`` of the sets of a set layer that both genes are in, the rarest first.

    ``genes`` is the size of the set: what :func:`~core_harness.knowledge.kernels.memberships` weighs it by.
    """
    both = layer.frame.filter(pl.col("gene").is_in([a, b])).group_by("set").len().filter(pl.col("len") == 2)
    sizes = layer.frame.join(both, on="set", how="semi").group_by("set").agg(pl.len().alias("genes"))
    return sizes.sort("genes", "set")


def shared_neighbours(layer: Layer, a: str, b: str) -> pl.DataFrame:
    """Return ``gene, weight_a, weight_b, links`` of the genes that both are linked to, the rarest first.

    ``links`` is the number of the neighbour's edges.
    """
    ends = _both_ways(layer)
    common = (
        ends.filter(pl.col("gene") == a)
        .join(ends.filter(pl.col("gene") == b), on="neighbour", suffix="_b")
        .select(pl.col("neighbour").alias("gene"), pl.col("weight").alias("weight_a"), "weight_b")
    )
    links = ends.join(common, on="gene", how="semi").group_by("gene").agg(pl.len().alias("links"))
    return common.join(links, on="gene").sort("links", "gene")


def direct_edge(layer: Layer, a: str, b: str) -> float | None:
    """Return the weight of the edge between the two genes, or None where there is none."""
    low, high = sorted((a, b))
    edge = layer.frame.filter(pl.col("a") == low, pl.col("b") == high)
    return None if edge.is_empty() else float(edge["weight"].item())


def _both_ways(layer: Layer) -> pl.DataFrame:
    """Return ``gene, neighbour, weight``, each edge from either end."""
    forth = layer.frame.select(pl.col("a").alias("gene"), pl.col("b").alias("neighbour"), "weight")
    back = layer.frame.select(pl.col("b").alias("gene"), pl.col("a").alias("neighbour"), "weight")
    return pl.concat([forth, back])
