"""One sentence on what a table of results says, by rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_LOOKS_GOOD = 0.6
"""A pooled AUROC that a reader would take for skill."""


def verdict(results: Sequence[dict[str, Any]]) -> str:
    """Return one sentence on results as ``--json`` prints them.

    It rests on macro-per-gene AUROC alone: a method tells perturbations of one gene apart only where
    the whole interval of that figure lies above .5.
    """
    kinds: dict[str, list[str]] = {"unknown": [], "deceptive": [], "chance": [], "below": [], "above": []}
    for result in results:
        kind, words = _judge(result)
        kinds[kind].append(words)
    endings = {
        "unknown": "cannot be judged within genes: too few of them have both classes",
        "deceptive": "looks good over all pairs and is at chance within genes",
        "chance": "is at chance within genes",
        "below": "is below chance within genes",
        "above": "tells perturbations of the same gene apart",
    }
    parts = [f"{_listed(names)} {_number(endings[kind], names)}" for kind, names in kinds.items() if names]
    return "; ".join(parts) + "."


def _judge(result: dict[str, Any]) -> tuple[str, str]:
    name = result["strategy"]
    gene = result["metrics"]["macro_gene_auroc"]
    pooled = result["metrics"]["pooled_auroc"]["value"]
    if gene["low"] is None:
        return "unknown", name
    if gene["low"] <= 0.5 <= gene["high"]:
        if pooled > _LOOKS_GOOD:
            return "deceptive", f"{name} (pooled {pooled:.3f}, per gene {gene['value']:.3f})"
        return "chance", f"{name} ({gene['value']:.3f})"
    figure = f"{name} ({gene['value']:.3f} [{gene['low']:.3f}, {gene['high']:.3f}])"
    return ("above" if gene["low"] > 0.5 else "below"), figure


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _number(ending: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return ending
    return (
        ending.replace("is at", "are at")
        .replace("is below", "are below")
        .replace("looks", "look")
        .replace("tells", "tell")
    )
