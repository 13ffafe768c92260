"""What differs between two records of runs, key by key, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core_harness.runs.manifest import Manifest

_OF_THE_OCCASION = frozenset(
    {"state", "started", "finished", "asking", "predictions_sha256", "contamination", "simulated_parts"}
)
"""Keys of a record that say when it was made and how that went, not what was made."""


def differences(earlier: Manifest, later: Manifest) -> list[str]:
    """Return a line for each release, digest, parameter or other value of the record that differs."""
    one, other = (dict(_flat("", _lasting(manifest))) for manifest in (earlier, later))
    return [
        f"{key}: {_shown(one, key)}, now {_shown(other, key)}"
        for key in sorted({*one, *other})
        if one.get(key) != other.get(key)
    ]


def _lasting(manifest: Manifest) -> dict[str, Any]:
    return {key: value for key, value in manifest.as_json().items() if key not in _OF_THE_OCCASION}


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield values with the path of their keys; lists are values."""
    if not isinstance(value, Mapping):
        yield prefix, value
        return
    for key, inner in value.items():
        yield from _flat(f"{prefix}.{key}" if prefix else str(key), inner)


def _shown(values: Mapping[str, Any], key: str) -> str:
    return f"{values[key]!s:.80}" if key in values else "absent"
