"""core-harness: how well do models, and methods without one, predict what a perturbation does to a gene?

What scripts and plugins need is imported from here, and from the modules that
:mod:`core_harness.plugins.protocols` lists. Names are loaded when they are first used, because the command
line imports this package for ``--help``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core_harness.analysis.audit import DatasetAudit, RunAudit, audit
    from core_harness.analysis.cards import Card, Pair
    from core_harness.analysis.compare import Comparison, compare
    from core_harness.analysis.explain import explain, explain_run
    from core_harness.analysis.score import ScoredFile, score
    from core_harness.evaluation.api import estimate, evaluate, resume
    from core_harness.evaluation.result import Result, Results, load_run
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import RunSpec
    from core_harness.evidence.evidence import Evidence
    from core_harness.knowledge.facts import Facts
    from core_harness.knowledge.layers import Graph, Layer
    from core_harness.knowledge.symbols import Symbols
    from core_harness.pages.report import report
    from core_harness.paths import data_folder
    from core_harness.plugins.component import Component, Strategy
    from core_harness.plugins.hookspecs import hookimpl
    from core_harness.plugins.registries import open_registry
    from core_harness.runs.folder import Run
    from core_harness.schemas import (
        EVIDENCE,
        PAIRS,
        PREDICTIONS,
        RELATIONS,
        ROWS,
        SUPPORT,
        TOTALS,
        Block,
        Need,
        Task,
        frame,
    )
    from core_harness.vocabulary import Agent, Beyond, Naming, Question

_HOMES = {
    "Agent": "vocabulary",
    "Beyond": "vocabulary",
    "Block": "schemas",
    "Card": "analysis.cards",
    "Comparison": "analysis.compare",
    "Component": "plugins.component",
    "DatasetAudit": "analysis.audit",
    "EVIDENCE": "schemas",
    "Evidence": "evidence.evidence",
    "Facts": "knowledge.facts",
    "Graph": "knowledge.layers",
    "Layer": "knowledge.layers",
    "Naming": "vocabulary",
    "Need": "schemas",
    "PAIRS": "schemas",
    "PREDICTIONS": "schemas",
    "Pair": "analysis.cards",
    "Question": "vocabulary",
    "RELATIONS": "schemas",
    "ROWS": "schemas",
    "Result": "evaluation.result",
    "Results": "evaluation.result",
    "Run": "runs.folder",
    "RunAudit": "analysis.audit",
    "RunSpec": "evaluation.spec",
    "SUPPORT": "schemas",
    "ScoredFile": "analysis.score",
    "Session": "evaluation.session",
    "Strategy": "plugins.component",
    "Symbols": "knowledge.symbols",
    "TOTALS": "schemas",
    "Task": "schemas",
    "audit": "analysis.audit",
    "compare": "analysis.compare",
    "data_folder": "paths",
    "estimate": "evaluation.api",
    "evaluate": "evaluation.api",
    "explain": "analysis.explain",
    "explain_run": "analysis.explain",
    "frame": "schemas",
    "hookimpl": "plugins.hookspecs",
    "load_run": "evaluation.result",
    "open_registry": "plugins.registries",
    "report": "pages.report",
    "resume": "evaluation.api",
    "score": "analysis.score",
}

__all__ = [
    "EVIDENCE",
    "PAIRS",
    "PREDICTIONS",
    "RELATIONS",
    "ROWS",
    "SUPPORT",
    "TOTALS",
    "Agent",
    "Beyond",
    "Block",
    "Card",
    "Comparison",
    "Component",
    "DatasetAudit",
    "Evidence",
    "Facts",
    "Graph",
    "Layer",
    "Naming",
    "Need",
    "Pair",
    "Question",
    "Result",
    "Results",
    "Run",
    "RunAudit",
    "RunSpec",
    "ScoredFile",
    "Session",
    "Strategy",
    "Symbols",
    "Task",
    "audit",
    "compare",
    "data_folder",
    "estimate",
    "evaluate",
    "explain",
    "explain_run",
    "frame",
    "hookimpl",
    "load_run",
    "open_registry",
    "report",
    "resume",
    "score",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
