"""Which knowledge graph a dataset is related in: the shared one, that with layers more, or its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

from core_harness.knowledge import Graph
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import call
from core_harness.plugins.protocols import BringsKnowledge, ExtendsKnowledge


def has_layers(dataset: Instance | None) -> TypeGuard[Instance]:
    """Return whether a dataset brings a graph, or layers of the shared one."""
    return dataset is not None and isinstance(dataset.object, BringsKnowledge | ExtendsKnowledge)


def graph_with(dataset: Instance, shared: Callable[[], Graph]) -> Graph:
    """Return the graph that a dataset brings, or the ``shared`` one with the dataset's layers."""
    if isinstance(dataset.object, BringsKnowledge):
        graph: Graph = call(dataset, "knowledge")
        return graph
    extended: Graph = call(dataset, "extend_knowledge", shared())
    return extended
