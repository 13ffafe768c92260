"""The knowledge graph as RDF: written, read back, and layers read from other graphs.

The names below are imported when they are first used: the registry describes mappings without polars,
and nothing but reading imports rdflib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core_harness.knowledge.rdf.layers import read_rows
    from core_harness.knowledge.rdf.mapping import RdfMapping
    from core_harness.knowledge.rdf.origins import Origin, Origins, read_origins
    from core_harness.knowledge.rdf.reading import read_graph
    from core_harness.knowledge.rdf.writing import write_graph

__all__ = ["Origin", "Origins", "RdfMapping", "read_graph", "read_origins", "read_rows", "write_graph"]

_HOMES = {
    "Origin": "origins",
    "Origins": "origins",
    "RdfMapping": "mapping",
    "read_graph": "reading",
    "read_origins": "origins",
    "read_rows": "layers",
    "write_graph": "writing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
