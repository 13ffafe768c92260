"""Find the installed plugins: our own loop over entry points, one ``try`` a plugin.

pluggy's own loader lets one broken import end the program, and drops the second of two plugins that
share a name in silence. Here a broken plugin is a line in ``core-harness plugins``.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, NamedTuple, TypeVar, get_args

import pluggy

from core_harness.errors import PluginError
from core_harness.plugins import hookspecs
from core_harness.plugins.choice import VARIABLE, Choice, admitted, choice
from core_harness.plugins.component import API, STAGES, Component, Stage, Strategy
from core_harness.plugins.files import classes_of, load_files
from core_harness.plugins.names import LONGEST, check_name, shortened
from core_harness.text import one_line, plain
from core_harness.vocabulary import StrategyStage

GROUP = "core_harness"
"""Entry point group in which a distribution announces its module of hooks."""

C = TypeVar("C", Component, Strategy)

_HOOKS = (*(f"core_{stage}s" for stage in STAGES), "core_strategies")


@dataclass(frozen=True)
class _Registered(Generic[C]):
    """What a plugin registered, and the distribution that brought it."""

    registered: C
    distribution: str
    version: str

    @property
    def name(self) -> str:
        """The name, without the distribution."""
        return self.registered.name

    @property
    def summary(self) -> str:
        """One line about it."""
        return self.registered.summary


@dataclass(frozen=True)
class Found(_Registered[Component]):
    """A registered component of a stage."""

    stage: Stage


class FoundStrategy(_Registered[Strategy]):
    """A registered strategy."""


@dataclass(frozen=True)
class Broken:
    """A plugin that could not be used, and why, in one line."""

    plugin: str
    distribution: str
    reason: str


class Plugins(NamedTuple):
    """What plugins registered, those that could not be used, and distributions that were left out."""

    components: tuple[Found, ...] = ()
    broken: tuple[Broken, ...] = ()
    strategies: tuple[FoundStrategy, ...] = ()
    left_out: tuple[str, ...] = ()

    def __add__(self, other: Plugins) -> Plugins:  # type: ignore[override]  # part by part, as no tuple does
        return Plugins(
            self.components + other.components,
            self.broken + other.broken,
            self.strategies + other.strategies,
            self.left_out + other.left_out,
        )


def installed() -> Plugins:
    """Return what all installed plugins registered, and the files that were chosen.

    Of what :mod:`~core_harness.plugins.choice` leaves out nothing is imported. Raises
    :class:`~core_harness.errors.HarnessError` for a file that cannot be loaded.
    """
    return _installed(choice(), os.environ.get(VARIABLE))


@cache
def _installed(chosen: Choice, _: str | None) -> Plugins:
    points = entry_points(group=GROUP)
    distributions = {_distribution(point)[0] for point in points}
    allowed = admitted(distributions)
    found = discover(point for point in points if _distribution(point)[0] in allowed)
    left_out = Plugins(left_out=tuple(sorted(distributions - allowed)))
    of_files = (_of_file(*loaded) for loaded in load_files(chosen.files))
    return sum(of_files, found + left_out)


def discover(points: Iterable[EntryPoint]) -> Plugins:
    """Load each entry point and collect what its hooks return, in the order of the plugins' names."""
    found = Plugins()
    for point in sorted(points, key=lambda p: (_distribution(p)[0], p.name, p.value)):
        distribution, version = _distribution(point)
        try:
            with redirect_stdout(sys.stderr):
                extended = found + _of_plugin(point.load(), distribution, version)
            _check_once(extended)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  whatever a plugin's import does, the program goes on
            reason = f"{type(error).__name__}: {one_line(error)}"
            extended = found + Plugins(broken=(Broken(plain(point.name), distribution, reason),))
        found = extended
    return found


def _distribution(point: EntryPoint) -> tuple[str, str]:
    """Return name and version of the distribution that announces a plugin."""
    return (plain(point.dist.name), plain(point.dist.version)) if point.dist else ("unknown", "unknown")


def _of_file(path: Path, module: ModuleType, version: str) -> Plugins:
    """Return what a file registers by its hooks, and its classes. Raises :class:`PluginError`."""
    try:
        with redirect_stdout(sys.stderr):
            by_hooks = _of_plugin(module, path.name, version)
        _check_once(by_hooks)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise PluginError(f"plugin {path}: {type(error).__name__}: {one_line(error)}") from error
    named = {(one.stage, one.name) for one in by_hooks.components}
    by_class = tuple(
        Found(replace(one, summary=shortened(one.summary)), path.name, version, stage)
        for stage, one in classes_of(module)
        if (stage, one.name) not in named
    )
    return by_hooks + Plugins(components=by_class)


def _of_plugin(plugin: Any, distribution: str, version: str) -> Plugins:
    """Return what the hooks of a module register. Raises whatever they raise, and for what cannot be used."""
    manager = _registered(plugin)
    components = tuple(Found(one, distribution, version, stage) for stage, one in _components(manager))
    strategies = tuple(FoundStrategy(one, distribution, version) for one in _strategies(manager))
    return Plugins(components=components, strategies=strategies)


def _check_once(plugins: Plugins) -> None:
    """Raise ValueError where a distribution registers one name twice."""
    of_stages = [(one.stage, one.name, one.distribution) for one in plugins.components]
    chosen = [("strategy", one.name, one.distribution) for one in plugins.strategies]
    for (kind, name, _), times in Counter([*of_stages, *chosen]).items():
        if times > 1:
            raise ValueError(f"{kind} {name!r} is registered twice")


def _components(manager: pluggy.PluginManager) -> list[tuple[Stage, Component]]:
    """Return the checked components of a plugin, by stage."""
    return [
        (stage, _presentable(stage, component))
        for stage in STAGES
        for component in _returned(manager, f"core_{stage}s", Component)
    ]


def _strategies(manager: pluggy.PluginManager) -> list[Strategy]:
    """Return the checked strategies of a plugin."""
    found = []
    for strategy in _returned(manager, "core_strategies", Strategy):
        for stage in get_args(StrategyStage):
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
        if stage not in get_args(StrategyStage):
            raise ValueError(
                f"strategy {strategy.name!r} has parameters of {stage!r}, which it does not choose"
            )
        for name, value in values.items():
            if not isinstance(value, str | int | float):
                raise TypeError(
                    f"strategy {strategy.name!r}: {stage}.{name} is {_short(value)}, wanted text or number"
                )


def _short(value: object) -> str:
    return one_line(repr(value))[:LONGEST]
