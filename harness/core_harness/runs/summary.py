"""A record in the words in which `eval` reports a result: what was asked, by whom, and what is simulated."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core_harness.runs.manifest import Manifest
from core_harness.text import declared, heading


def as_result(manifest: Manifest) -> dict[str, Any]:
    """Return a record in the keys of `eval --json`, without the figures."""
    asked = asdict(manifest.task)
    return {
        **asked,
        "task": asked.pop("question"),
        "strategy": manifest.method.label,
        "model": manifest.method.model,
        "beyond_contrast": list(manifest.method.beyond_contrast),
        "simulated": bool(manifest.simulated),
        "simulated_parts": list(manifest.simulated),
        "control": manifest.control,
        "part": manifest.part.model_dump(),
        "in_graph": (manifest.identifiers or {}).get("in_graph"),
        "asking": None if manifest.asking is None else manifest.asking.as_dict(),
    }


def about(manifest: Manifest) -> str:
    """Return method, what it declares, dataset, question, regime, control and part of a run on one line."""
    method = manifest.method
    what = heading({**as_result(manifest), "repeats": 1})
    return f"{method.label}{declared(method.beyond_contrast)} on {what}"
