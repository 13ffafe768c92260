"""Opening a user registry, whose suites may name strategies of plugins."""

from __future__ import annotations

from pathlib import Path

from core_harness.plugins.discovery import installed
from core_harness.plugins.names import full_name, short_names
from core_harness.registry.entries import Registry
from core_harness.registry.loading import extended_registry


def open_registry(path: Path | None, *, trusted: bool = False) -> Registry:
    """Return the shipped registry, extended by the file at ``path`` if one is named.

    Raises :class:`~core_harness.errors.RegistryError` for a file that is not there or not valid and, unless
    it is ``trusted``, for one that changes a shipped name, or names an address or another provider's key.
    """
    return extended_registry(path, trusted=trusted, installed=_strategies)


def _strategies() -> set[str]:
    """Return the names of the strategies that plugins registered."""
    found = installed().strategies
    return {*short_names(found), *map(full_name, found)}
