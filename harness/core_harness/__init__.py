"""core-harness: how well do models, and methods without one, predict what a perturbation does to a gene?

Everything public can be imported from here or from the modules named in the documentation. Names are
loaded when they are first used, because the command line imports this package for ``--help``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core_harness.api import Result, estimate, evaluate, resume
    from core_harness.cards import Card, Pair
    from core_harness.component import Component
    from core_harness.evidence import Evidence
    from core_harness.explanations import explain, explain_run
    from core_harness.hookspecs import hookimpl
    from core_harness.knowledge.facts import Facts
    from core_harness.knowledge.layers import Graph, Layer
    from core_harness.schemas import Block, Need, Task

_HOMES = {
    "Block": "schemas",
    "Card": "cards",
    "Component": "component",
    "Evidence": "evidence",
    "Facts": "knowledge.facts",
    "Graph": "knowledge.layers",
    "Layer": "knowledge.layers",
    "Need": "schemas",
    "Pair": "cards",
    "Result": "api",
    "Task": "schemas",
    "estimate": "api",
    "evaluate": "api",
    "explain": "explanations",
    "explain_run": "explanations",
    "hookimpl": "hookspecs",
    "resume": "api",
}

__all__ = [
    "Block",
    "Card",
    "Component",
    "Evidence",
    "Facts",
    "Graph",
    "Layer",
    "Need",
    "Pair",
    "Result",
    "Task",
    "estimate",
    "evaluate",
    "explain",
    "explain_run",
    "hookimpl",
    "resume",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
