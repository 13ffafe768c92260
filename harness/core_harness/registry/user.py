"""A registry of one's own: a file that adds datasets, strategies, models and suites to the shipped names.

It is read only where ``--registry`` names it, never because it stands in a folder. Such a file may come
from anybody, so it may add names but not change what a shipped name means, and it may not send prompts or
keys to a host of its choice; ``--trust-registry`` permits both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from core_harness.errors import RegistryError
from core_harness.registry.checked_toml import parse_entry
from core_harness.registry.entries import (
    DatasetEntry,
    Entry,
    ModelEntry,
    Name,
    Registry,
    Route,
    StrategyEntry,
    SuiteEntry,
    check_suites,
    shipped_registry,
)


class OwnRegistry(Entry):
    """The whole file. Its tables are written as in the shipped registry."""

    schema_version: Literal[1]
    datasets: dict[Name, DatasetEntry] = Field(default_factory=dict)
    strategies: dict[Name, StrategyEntry] = Field(default_factory=dict)
    models: dict[Name, ModelEntry] = Field(default_factory=dict)
    suites: dict[Name, SuiteEntry] = Field(default_factory=dict)


def open_registry(path: Path | None, *, trusted: bool = False) -> Registry:
    """Return the shipped registry, extended by the file at ``path`` if one is named.

    Raises :class:`RegistryError` for a file that is not there or not valid and, unless it is ``trusted``,
    for one that changes a shipped name, or names an address or another provider's key.
    """
    shipped = shipped_registry()
    if path is None:
        return shipped
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RegistryError(f"the registry {path} cannot be read: {error}") from None
    own = parse_entry(OwnRegistry, text, str(path))
    if not trusted and (objection := next(_objections(own, shipped), None)):
        raise RegistryError(
            f"{path}: {objection}; if you know and trust this file, add --trust-registry; nothing was sent"
        )
    tables = ("datasets", "strategies", "models", "suites")
    extended = shipped.model_copy(
        update={table: {**getattr(shipped, table), **getattr(own, table)} for table in tables}
    )
    check_suites(extended, own.suites, text, str(path))
    return extended


def _objections(own: OwnRegistry, shipped: Registry) -> Iterator[str]:
    """Yield what a stranger's file may not do."""
    sent = {(route.provider, route.key) for entry in shipped.models.values() for route in entry.routes}
    for name, entry in own.models.items():
        for route in entry.routes:
            if route.api_base is not None:
                key = f" and {route.key}" if route.key else ""
                yield f"model {name!r} would send prompts{key} to {urlsplit(route.api_base).netloc}"
            elif not _keeps_to_its_provider(route, sent):
                yield f"model {name!r} would send {route.key} to {route.provider}"
    for kind in ("dataset", "strategy", "model", "suite"):
        table = "strategies" if kind == "strategy" else f"{kind}s"
        for name in getattr(own, table).keys() & getattr(shipped, table).keys():
            yield f"{kind} {name!r} is a shipped name; call yours otherwise"


def _keeps_to_its_provider(route: Route, sent: set[tuple[str, str | None]]) -> bool:
    """Return whether the key is the provider's own, as far as the shipped registry knows providers."""
    return route.key is None or (route.provider, route.key) in sent
