"""Records of the first schema of ``run.json``, in the words of the present one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core_harness.errors import RunError

_REGIMES = {"strict": "unseen-perturbation", "double-unseen": "unseen-gene"}
"""What the first schema called regimes."""


def from_first(old: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return a record of the first schema in the words of the second.

    Raises :class:`~core_harness.errors.RunError` where it is no such record; ``where`` names the file.
    """
    moved = {"spec", "components", "templates", "method", "model", "seed"}
    try:
        components = dict(old["components"])
        spec, task = old.get("spec") or {}, dict(old["task"])
        asking = old.get("asking")
        if asking is not None:  # the first programs did not count what a budget was charged
            generated = asking.get("prompt_tokens", 0) + asking.get("completion_tokens", 0)
            asking = {"charged_tokens": generated, **asking}
        return {
            **{key: value for key, value in old.items() if key not in moved},
            "schema_version": 2,
            "task": {**task, "regime": _REGIMES.get(task["regime"], task["regime"])},
            "control_seeds": spec.get("control_seeds", 20),
            "method": {
                "label": old["method"],
                "strategy": (spec.get("strategies") or [None])[0],
                "model": old.get("model"),
                "components": {stage: part for stage, part in components.items() if stage != "dataset"},
                "templates": old.get("templates", []),
            },
            "dataset": components["dataset"],
            "asking": asking,
        }
    except KeyError as missing:
        key = missing.args[0]
        raise RunError(f"{where}, key {key}: missing; every run of core-harness has it") from None
    except (TypeError, AttributeError, ValueError) as error:
        raise RunError(f"{where} is no record of a run: {error}; evaluate again") from None
