"""Find the installed plugins: our own loop over entry points, one ``try`` a plugin.

pluggy's own loader lets one broken import end the program, and drops the second of two plugins that
share a name in silence. Here a broken plugin is a line in ``core-harness plugins``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple, TypeVar

import pluggy

from core_harness.plugins import hookspecs
from core_harness.plugins.component import API, STAGES, Component, Stage, Strategy
from core_harness.plugins.names import LONGEST, check_name, shortened
from core_harness.text import plain

GROUP = "core_harness"
"""Entry point group in which a distribution announces its module of hooks."""

C = TypeVar("C", Component, Strategy)

_HOOKS = (*(f"core_{stage}s" for stage in STAGES), "core_strategies")

_CHOICES: tuple[Stage, ...] = ("retriever", "organizer", "aggregator")
"""The stages at which a strategy chooses."""


@dataclass(frozen=True)
class Found:
    """A registered component and the distribution that brought it."""

    stage: Stage
    component: Component
    distribution: str
    version: str

    @property
    def name(self) -> str:
        """The component's name, without the distribution."""
        return self.component.name


@dataclass(frozen=True)
class FoundStrategy:
    """A registered strategy and the distribution that brought it."""

    strategy: Strategy
    distribution: str
    version: str

    @property
    def name(self) -> str:
        """The strategy's name, without the distribution."""
        return self.strategy.name


@dataclass(frozen=True)
class Broken:
    """A plugin that could not be used, and why, in one line."""

    plugin: str
    distribution: str
    reason: str


class Plugins(NamedTuple):
    """What plugins registered, and those that could not be used."""

    components: tuple[Found, ...]
    broken: tuple[Broken, ...]
    strategies: tuple[FoundStrategy, ...]


@cache
def installed() -> Plugins:
    """Return what all installed plugins registered."""
    return discover(entry_points(group=GROUP))


def discover(points: Iterable[EntryPoint]) -> Plugins:
    """Load each entry point and collect what its hooks return, in the order of the plugins' names."""
    components: list[Found] = []
    strategies: list[FoundStrategy] = []
    broken: list[Broken] = []
    for point in sorted(points, key=lambda p: (p.dist.name if p.dist else "", p.name, p.value)):
        distribution = point.dist.name if point.dist else "unknown"
        version = point.dist.version if point.dist else "unknown"
        try:
            with redirect_stdout(sys.stderr):
                plugin = point.load()
                of_stages, chosen = _components(plugin), _strategies(plugin)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  whatever a plugin's import does, the program goes on
            reason = f"{type(error).__name__}: {_one_line(error)}"
            broken.append(Broken(plain(point.name), distribution, reason))
            continue
        components += [Found(stage, one, distribution, version) for stage, one in of_stages]
        strategies += [FoundStrategy(one, distribution, version) for one in chosen]
    return Plugins(tuple(components), tuple(broken), tuple(strategies))


def _components(plugin: Any) -> list[tuple[Stage, Component]]:
    """Return the checked components of a plugin, by stage."""
    manager = _registered(plugin)
    return [
        (stage, _presentable(stage, component))
        for stage in STAGES
        for component in _returned(manager, f"core_{stage}s", Component)
    ]


def _strategies(plugin: Any) -> list[Strategy]:
    """Return the checked strategies of a plugin."""
    found = []
    for strategy in _returned(_registered(plugin), "core_strategies", Strategy):
        for stage in _CHOICES:
            _check_reference(strategy, stage)
        _check_parameters(strategy)
        found.append(_presentable("strategy", strategy))
    return found


def _registered(plugin: Any) -> pluggy.PluginManager:
    """Return a manager that knows the plugin's hooks. Raises for one that is misspelt or not marked."""
    manager = pluggy.PluginManager("core_harness")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()  # a misspelt hook would otherwise be ignored
    for hook in _HOOKS:
        if callable(getattr(plugin, hook, None)) and not getattr(manager.hook, hook).get_hookimpls():
            raise ValueError(f"{hook} is not marked with @hookimpl")
    return manager


def _returned(manager: pluggy.PluginManager, hook: str, kind: type[C]) -> Iterator[C]:
    """Yield what a hook of the plugin returns. Raises TypeError for what is of another kind."""
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        returned = implementation.function()
        if not isinstance(returned, Sequence) or isinstance(returned, str):
            raise TypeError(f"{hook} returned {_short(returned)}, wanted a list of {kind.__name__}")
        for one in returned:
            if not isinstance(one, kind):
                raise TypeError(f"{hook} returned {_short(one)}, wanted a {kind.__name__}")
            yield one


def _presentable(kind: str, one: C) -> C:
    """Return a component or strategy with a summary that can be shown. Raises for a bad name or interface."""
    check_name(kind, one.name)
    if one.api != API:
        raise ValueError(f"{kind} {one.name!r} speaks interface {one.api}, this core speaks {API}")
    if not isinstance(one.summary, str):
        raise TypeError(f"{kind} {one.name!r} has the summary {_short(one.summary)}, wanted a text")
    return replace(one, summary=shortened(one.summary))


def _check_reference(strategy: Strategy, stage: Stage) -> None:
    """Raise for a component of a strategy whose name cannot be one."""
    named = getattr(strategy, stage)
    if not isinstance(named, str):
        raise TypeError(f"strategy {strategy.name!r} has the {stage} {_short(named)}, wanted a name")
    check_name(f"{stage} of strategy {strategy.name!r}", named.partition("@")[0])


def _check_parameters(strategy: Strategy) -> None:
    """Raise for parameters of a strategy that are not by stage and name, or that no record can hold."""
    for stage, values in strategy.parameters.items():
        if stage not in _CHOICES:
            raise ValueError(
                f"strategy {strategy.name!r} has parameters of {stage!r}, which it does not choose"
            )
        for name, value in values.items():
            if not isinstance(value, str | int | float):
                raise TypeError(
                    f"strategy {strategy.name!r}: {stage}.{name} is {_short(value)}, wanted text or number"
                )


def _short(value: object) -> str:
    return _one_line(repr(value))[:LONGEST]


def _one_line(said: object) -> str:
    return plain(" ".join(str(said).split()))
