"""Run folders that anyone may have written: their text is made harmless before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core_harness.runs.manifest import ComponentReference, Manifest
from core_harness.text import plain

_LONGEST = 120
"""Characters of a text that are shown."""


def shown(manifest: Manifest) -> Manifest:
    """Return a record in which each text is plain and short, and no address of a server is left.

    It is for people to read: what a run *is* (its identity, its digests) is taken from the record as it was.
    """
    public = manifest.public().model_dump(mode="json")
    return Manifest.model_validate(_plain(public))


def described(component: ComponentReference) -> str:
    """Return name, parameters and release on one line."""
    settings = ", ".join(f"{key}={value}" for key, value in component.parameters.items())
    return _short(f"{component.name}({settings}) {component.distribution} {component.version}")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _short(value)
    if isinstance(value, Mapping):
        return {_short(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _short(text: str) -> str:
    text = plain(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
