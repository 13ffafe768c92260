"""Small records of runs."""

from __future__ import annotations

from typing import Any

from core_harness.llm import Summary
from core_harness.runs.asked import Asked
from core_harness.runs.manifest import ComponentReference, Manifest, MethodReference
from core_harness.schemas import Task


def component(name: str, **changes: Any) -> ComponentReference:
    """Return a component of a package that need not exist."""
    known: dict[str, Any] = {"target": f"made.up:{name}", "distribution": "made-up", "version": "1.0"}
    return ComponentReference(name=name, **{**known, **changes})


def method(**changes: Any) -> MethodReference:
    """Return a method of three components."""
    components = {stage: component(stage) for stage in ("retriever", "organizer", "aggregator")}
    return MethodReference(**{"label": "voting", "strategy": "voting", "components": components, **changes})


def record(*, dataset: str = "made", **changes: Any) -> Manifest:
    """Return the record of a run that has not begun."""
    task = Task(
        dataset=dataset,
        question="de",
        agent="knockdown",
        regime="unseen-perturbation",
        seed=0,
        simulated=False,
    )
    known: dict[str, Any] = {
        "task": task,
        "part": Asked(),
        "method": method(),
        "dataset": component("dataset"),
        "dataset_sha256": "0" * 64,
    }
    return Manifest(**{**known, **changes})


def summary(**changes: Any) -> Summary:
    """Return what asking nothing came to."""
    counted: tuple[str, ...] = (
        "prompts",
        "distinct",
        "from_journal",
        "from_cache",
        "from_provider",
        "failed",
        "not_asked",
    )
    counted += ("calls", "lost", "prompt_tokens", "completion_tokens", "thinking_tokens", "charged_tokens")
    known = {**dict.fromkeys(counted, 0), "cost": None, "price_date": None, "simulated": False, "ended": None}
    return Summary(**{**known, **changes})
