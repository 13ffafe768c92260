"""Run folders that anyone may have written: their text is made harmless before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core_harness.runs.manifest import ComponentReference, Manifest
from core_harness.text import plain

_LONGEST = 120
"""Characters of a text that are shown."""

LONGEST_REASON = 300
"""Characters of the reason why a run is unranked that are shown."""

UNNAMED = "(unnamed)"
"""In place of a name in which there is nothing to see."""


def shown(manifest: Manifest) -> Manifest:
    """Return a record in which each text is plain and short, and no address of a server is left.

    It is for people to read: what a run *is* (its identity, its digests) is taken from the record as it was.
    """
    public = _plain(manifest.public().model_dump(mode="json"))
    public["method"]["label"] = shown_name(public["method"]["label"])
    if public["method"]["model"] is not None:
        public["method"]["model"] = shown_name(public["method"]["model"])
    return Manifest.model_validate(public)


def shown_name(text: str) -> str:
    """Return a name that people can see: plain, short, and never blank."""
    seen = short(text).strip()
    return seen if seen.strip("?") else UNNAMED


def described(component: ComponentReference) -> str:
    """Return name, parameters and release on one line."""
    settings = ", ".join(f"{key}={value}" for key, value in component.parameters.items())
    return short(f"{component.name}({settings}) {component.distribution} {component.version}")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return short(value)
    if isinstance(value, Mapping):
        return {short(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def short(text: str, longest: int = _LONGEST) -> str:
    """Return text on one line, of at most so many characters."""
    text = plain(text[: longest + 1])
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
