"""Knowledge about genes: layers, the graph they make, and how related two perturbations are in it.

The names below are imported when they are first used: a registry that only describes its layers needs
neither polars nor scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core_harness.knowledge.graph import open_graph
    from core_harness.knowledge.layer_source import AliasSource, IdentifierSource, LayerSource
    from core_harness.knowledge.layers import Graph, Layer, LayerKind
    from core_harness.knowledge.symbols import Symbols

__all__ = [
    "AliasSource",
    "Graph",
    "IdentifierSource",
    "Layer",
    "LayerKind",
    "LayerSource",
    "Symbols",
    "open_graph",
]

_HOMES = {
    "AliasSource": "layer_source",
    "Graph": "layers",
    "IdentifierSource": "layer_source",
    "Layer": "layers",
    "LayerKind": "layers",
    "LayerSource": "layer_source",
    "Symbols": "symbols",
    "open_graph": "graph",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
