"""Relations are computed once, where the retriever declares that they depend on names alone.

A retriever with ``reads = "names"`` (:class:`~core_harness.plugins.protocols.Retriever`) relates the same
names whatever was measured. What it returned is shared between methods, seeds of a control and suites of a
session, and through :mod:`core_harness.evidence.stored` between processes. The key on disk holds all that may
change a byte: the component with its parameters and code, the graph, the names, the packages that compute.
All other retrievers are asked each time.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import OrderedDict

import polars as pl

from core_harness.evidence import stored
from core_harness.knowledge import Graph
from core_harness.plugins.code import code_sha256
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import call
from core_harness.plugins.objects import is_object, same
from core_harness.plugins.protocols import UsesKnowledge
from core_harness.runs.manifest import versions_of
from core_harness.runs.masking import HIDDEN
from core_harness.schemas import Block, Task

_FORMAT = 1
"""Raise it whenever the same relations are asked for or stored differently."""

_LAST = 2
"""Relations of a session at hand, each some 60 MB on a cell line; others are read again from disk."""


def related(retriever: Instance, task: Task, block: Block) -> pl.DataFrame:
    """Return what a retriever relates, as it returns it."""
    relations: pl.DataFrame = call(retriever, "relate", task, block)
    return relations


class Relations:
    """What the retrievers of a session related."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, tuple[Instance, pl.DataFrame]] = OrderedDict()

    def related(self, retriever: Instance, graph: Graph | None, task: Task, block: Block) -> pl.DataFrame:
        """Return what a retriever relates, from memory or from disk where it depends on names alone.

        ``graph`` is the one that it was handed.
        """
        reads_graph = isinstance(retriever.object, UsesKnowledge)
        if getattr(retriever.object, "reads", "support") != "names" or (reads_graph and graph is None):
            return related(retriever, task, block)
        asked = _digest([task.agent, block.perturbations, block.candidates, _about(graph)])
        key = f"{asked} {same(retriever)}"
        if key not in self._last:
            # with the retriever, so that no other object gets its id
            self._last[key] = retriever, _stored(retriever, task, block, asked)
        self._last.move_to_end(key)
        while len(self._last) > _LAST:
            self._last.popitem(last=False)
        return self._last[key][1]


def _stored(retriever: Instance, task: Task, block: Block, asked: str) -> pl.DataFrame:
    component = _component(retriever)
    most = stored.most_bytes()
    if component is None or not most:
        return related(retriever, task, block)
    folder, key = stored.relations_folder(), _digest([_FORMAT, component, asked])
    found = stored.read(folder, key)
    if found is not None:
        return found
    relations = related(retriever, task, block)
    if not isinstance(relations, pl.DataFrame):  # which the checks that follow refuse
        return relations
    return stored.write(folder, key, relations, most=most)


def _component(retriever: Instance) -> list[object] | None:
    """Return all of a component that may change what it relates; None where some of it is not known.

    Nothing is known of an object of Python: another session may have given it another graph.
    """
    reference = retriever.reference.model_dump(mode="json")
    code = code_sha256(type(retriever.object), "core_harness.knowledge")
    if code is None or is_object(retriever.reference) or HIDDEN in json.dumps(reference):
        return None
    return [reference, code, versions_of("numpy", "polars", "scipy"), platform.machine()]


def _about(graph: Graph | None) -> list[object]:
    """Return the digest of a graph, and what its layers are called: a dataset may have added some."""
    if graph is None:
        return []
    layers = [[one.name, one.kind, one.date, one.of, one.clause, one.relates] for one in graph.layers]
    return [graph.digest, layers]


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
