"""Find the installed plugins: our own loop over entry points, one ``try`` a plugin.

pluggy's own loader lets one broken import end the program, and drops the second of two plugins that
share a name in silence. Here a broken plugin is a line in ``core-harness plugins``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from core_harness.plugins import hookspecs
from core_harness.plugins.component import API, STAGES, Component, Stage

GROUP = "core_harness"
"""Entry point group in which a distribution announces its module of hooks."""


@dataclass(frozen=True)
class Found:
    """A registered component and the distribution that brought it."""

    stage: Stage
    component: Component
    distribution: str
    version: str


@dataclass(frozen=True)
class Broken:
    """A plugin that could not be used, and why, in one line."""

    plugin: str
    distribution: str
    reason: str


@cache
def installed() -> tuple[tuple[Found, ...], tuple[Broken, ...]]:
    """Return the components of all installed plugins, and the plugins that could not be used."""
    return discover(entry_points(group=GROUP))


def discover(points: Iterable[EntryPoint]) -> tuple[tuple[Found, ...], tuple[Broken, ...]]:
    """Load each entry point and collect what its hooks return, in the order of the plugins' names."""
    found: list[Found] = []
    broken: list[Broken] = []
    for point in sorted(points, key=lambda p: (p.dist.name if p.dist else "", p.name, p.value)):
        distribution = point.dist.name if point.dist else "unknown"
        version = point.dist.version if point.dist else "unknown"
        try:
            with redirect_stdout(sys.stderr):
                components = _components(point.load())
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin's import does, the program goes on
            broken.append(Broken(point.name, distribution, f"{type(error).__name__}: {_one_line(error)}"))
            continue
        found += [Found(stage, component, distribution, version) for stage, component in components]
    return tuple(found), tuple(broken)


def _components(plugin: Any) -> list[tuple[Stage, Component]]:
    manager = pluggy.PluginManager("core_harness")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()  # a misspelt hook would otherwise be ignored
    components: list[tuple[Stage, Component]] = []
    for stage in STAGES:
        returned: Sequence[Sequence[Component]] = getattr(manager.hook, f"core_{stage}s")()
        for component in (c for sequence in returned for c in sequence):
            if not isinstance(component, Component):
                raise TypeError(f"core_{stage}s returned {component!r}, wanted Components")
            if component.api != API:
                raise ValueError(
                    f"{stage} {component.name!r} speaks interface {component.api}, this core speaks {API}"
                )
            components.append((stage, component))
    return components


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
