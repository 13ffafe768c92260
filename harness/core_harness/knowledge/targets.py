"""``targets()``: the genes that a perturbation is of, as a graph calls them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from core_harness.knowledge.layers import Graph
from core_harness.knowledge.names import parts, recognise
from core_harness.vocabulary import Agent


def targets(graph: Graph, names: Sequence[str], *, agent: Agent) -> list[list[str]]:
    """Return the symbols of each perturbation: one, or those of a combination, sorted.

    A name that the graph has is one symbol, whatever it looks like, and so is the name of a drug.
    """
    approved = graph.symbols.approve(pl.Series(names, dtype=pl.String)).to_list()
    strange = [name for name, symbol in zip(names, approved, strict=True) if symbol not in graph.genes]
    if agent == "drug" or not strange:
        return [[symbol] for symbol in approved]
    found = recognise(strange, graph.known, perturbations=True)
    return [
        parts(found[name].name) if name in found else [symbol]
        for name, symbol in zip(names, approved, strict=True)
    ]
