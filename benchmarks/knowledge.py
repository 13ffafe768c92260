"""The knowledge graph: the columnar cache against rdflib, and RDF out and in.

Prints the time to build the graph, to open it from the cache (median, sources hashed each time), to
write it as TriG and to read that back; and, for the STRING layer alone, how much longer rdflib takes to
load it than the cache. About a minute::

    CORE_HARNESS_DATA=../shared/data python benchmarks/knowledge.py
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rdflib import Dataset

from core_harness.knowledge import Graph, open_graph
from core_harness.knowledge.rdf import read_graph, read_origins, write_graph
from core_harness.registry.loading import shipped_registry

REPEATS = 7
DATA = Path(os.environ.get("CORE_HARNESS_DATA", "../shared/data"))

Value = TypeVar("Value")


def timed(function: Callable[[], Value]) -> tuple[float, Value]:
    """Return the wall time of one call, and what it returned."""
    started = time.perf_counter()
    value = function()
    return time.perf_counter() - started, value


def loaded(path: Path) -> int:
    """Return how many statements rdflib loads from a file."""
    dataset = Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        dataset.parse(path)
    return sum(1 for _ in dataset.quads())


def main() -> None:
    """Print the figures."""
    registry = shipped_registry()
    (string,) = (layer for layer in registry.layer if layer.name == "string")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)

        def whole() -> Graph:
            return open_graph(DATA, registry.layer, registry.aliases, folder)

        def one() -> Graph:
            return open_graph(DATA, [string], registry.aliases, folder)

        cold, graph = timed(whole)
        warm = statistics.median(timed(whole)[0] for _ in range(REPEATS))
        rows = sum(layer.frame.height for layer in graph.layers)
        print(f"whole graph, {len(graph.layers)} layers, {rows:,} memberships and edges")
        print(f"  built in {cold:.2f} s, opened from the cache in {warm:.3f} s (median of {REPEATS})")

        origins = read_origins(DATA, registry.layer, registry.aliases, registry.identifiers, graph.symbols)
        trig = folder / "graph.trig"
        wrote, _ = timed(lambda: write_graph(graph, trig, origins))
        read, _ = timed(lambda: read_graph(trig))
        size = trig.stat().st_size / 1e6
        print(f"  TriG of {size:.0f} MB written in {wrote:.2f} s, read back in {read:.1f} s")

        layer = one()
        warm = statistics.median(timed(one)[0] for _ in range(REPEATS))
        path = folder / "string.trig"
        write_graph(Graph.of(layer.layers), path, origins)
        slow, statements = timed(lambda: loaded(path))
        print(f"STRING layer, {layer.layers[0].frame.height:,} edges")
        print(
            f"  cache {warm:.3f} s, rdflib {slow:.1f} s for its {statements:,} statements: {slow / warm:.0f}x"
        )


if __name__ == "__main__":
    main()
