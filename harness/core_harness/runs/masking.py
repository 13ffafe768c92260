"""What a record tells of the machine it was made on, and the record without it: addresses and folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core_harness.llm.redact import is_secret

HIDDEN = "(not shown)"
"""What replaces a secret in every record, and the address of a server where a record leaves the machine."""

_ADDRESS = "api_base"
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_FILE = re.compile(r"(.*_)?(path|file|folder|dir|directory)$", re.IGNORECASE)
"""Names of parameters that are files, be they relative."""
_ROOTED = re.compile(r"[/~\\]|\.\.?[/\\]|[a-z]:[/\\]", re.IGNORECASE)
"""The beginning of a path, which no name of a model has."""


def without_secrets(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as a record has them: texts under names of secrets (``api_key``) are hidden."""
    return {key: _without_secrets(key, value) for key, value in parameters.items()}


def masked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters without addresses of servers; of a path the last name is left."""
    return {key: _masked(key, value) for key, value in parameters.items()}


def masked_dataset(name: str) -> str:
    """Return the name of a dataset; of ``table:PATH`` the last name of the path is left."""
    component, colon, path = name.partition(":")
    return f"{component}:{_last(path)}" if colon else name


def is_file(key: str, value: object) -> bool:
    """Return whether a parameter is the path of a file or a folder; an empty one is none."""
    return isinstance(value, str) and value != "" and bool(_FILE.match(key) or _ROOTED.match(value))


def _without_secrets(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, list | tuple):
        return type(value)(_without_secrets(key, inner) for inner in value)
    return HIDDEN if isinstance(value, str) and value and is_secret(str(key)) else value


def _masked(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list | tuple):
        return [_masked(key, inner) for inner in value]
    if isinstance(value, str) and (_URL.match(value) or (key == _ADDRESS and value)):
        return HIDDEN
    return _last(value) if is_file(key, value) else value


def _last(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]
