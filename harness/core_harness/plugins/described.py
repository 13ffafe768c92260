"""What can be said of a component without making it: docstring, parameters, and the frames that pass it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from core_harness.llm import ANSWERS, PROMPTS, Reply, Request
from core_harness.plugins.catalog import Catalog
from core_harness.plugins.component import Stage
from core_harness.plugins.extras import missing_extra
from core_harness.schemas import EVIDENCE, PAIRS, PREDICTIONS, RELATIONS, ROWS, SUPPORT, TOTALS

_Columns = Mapping[str, object]

_EVIDENCE: dict[str, _Columns] = {
    "evidence.pairs": PAIRS,
    "evidence.support": SUPPORT,
    "evidence.rows()": EVIDENCE,
    "evidence.totals()": TOTALS,
}
_LABELS: _Columns = {name: {**PAIRS, **ROWS}[name] for name in ("pair_id", "label")}
_REQUEST, _REPLY = ({field.name: field.type for field in fields(one)} for one in (Request, Reply))

_Frames = Mapping[str, _Columns]

_PASSED: dict[Stage, dict[str, tuple[_Frames, _Frames]]] = {
    "dataset": {"rows": ({}, {"rows": ROWS})},
    "retriever": {"relate": ({"block.pairs": PAIRS, "block.support": SUPPORT}, {"relations": RELATIONS})},
    "organizer": {
        "organize": (_EVIDENCE, {"evidence.rows()": EVIDENCE}),
        "prompts": (_EVIDENCE, {"prompts": PROMPTS}),
    },
    "llm": {"ask": ({"request": _REQUEST}, {"reply": _REPLY})},
    "aggregator": {
        "fit": ({**_EVIDENCE, "answers": ANSWERS, "labels": _LABELS}, {}),
        "predict": ({**_EVIDENCE, "answers": ANSWERS}, {"predictions": PREDICTIONS}),
    },
}
"""By stage and method: the frames that it gets and those that it returns, by name, with columns and types."""


def described(catalog: Catalog, stage: Stage, name: str) -> dict[str, Any]:
    """Return what ``core-harness plugins show`` says of a component, in plain types.

    Raises
    ------
    UsageError
        The name is unknown, or that of several plugins.
    PluginError
        The class cannot be imported.
    """
    found = catalog.find(stage, name)
    cls = catalog.class_of(stage, name)
    return {
        "kind": stage,
        "name": name,
        "summary": found.summary,
        "distribution": found.distribution,
        "version": found.version,
        "target": found.registered.target,
        "extra_missing": missing_extra(found.distribution, found.registered.extra),
        "doc": inspect.getdoc(cls) or "",
        "parameters": [_parameter(one) for one in catalog.parameters(stage, name).values()],
        "gives": _declared(cls, "gives"),
        "needs": _declared(cls, "needs"),
        "frames": {
            method: {
                "gets": {frame: _columns(columns) for frame, columns in gets.items()},
                "returns": {frame: _columns(columns) for frame, columns in returns.items()},
            }
            for method, (gets, returns) in _PASSED[stage].items()
            if callable(getattr(cls, method, None))
        },
    }


def _parameter(one: inspect.Parameter) -> dict[str, Any]:
    """Return a parameter's name, type and default as they are written; None where there is none."""
    empty, kind = inspect.Parameter.empty, one.annotation
    written = kind if isinstance(kind, str) else inspect.formatannotation(kind)
    return {
        "name": one.name,
        "type": None if kind is empty else written,
        "default": None if one.default is empty else repr(one.default),
    }


def _declared(cls: type, attribute: str) -> list[str] | None:
    """Return what a class attribute lists; None where the class has none, or objects alone know it."""
    value = getattr(cls, attribute, None)
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else None


def _columns(columns: _Columns) -> dict[str, str]:
    return {name: str(kind) for name, kind in columns.items()}
