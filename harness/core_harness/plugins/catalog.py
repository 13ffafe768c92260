"""The catalog: from the name of a component to an object with checked parameters."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from functools import cache
from importlib import import_module
from typing import Any

from core_harness.errors import PluginError, UsageError, unknown
from core_harness.plugins.attributes import fault_of
from core_harness.plugins.component import Instance, Stage
from core_harness.plugins.discovery import Broken, Found, installed
from core_harness.plugins.guard import call, guarded
from core_harness.plugins.parameters import parameters_of, values_of
from core_harness.runs.manifest import ComponentReference


class Catalog:
    """All components by stage and name.

    Raises :class:`~core_harness.errors.PluginError` where two plugins give one name at one stage.
    """

    def __init__(self, found: Iterable[Found], broken: Iterable[Broken] = ()) -> None:
        self._found: dict[tuple[Stage, str], Found] = {}
        self.broken = tuple(broken)
        for new in found:
            old = self._found.setdefault((new.stage, new.component.name), new)
            if old is not new:
                raise PluginError(
                    f"two components are called {new.stage} {new.component.name!r}: "
                    f"{old.component.target} of {old.distribution} and {new.component.target} of "
                    f"{new.distribution}; uninstall one of them"
                )

    def __iter__(self) -> Iterator[Found]:
        return iter(self._found.values())

    def names(self, stage: Stage) -> list[str]:
        """Return the names at one stage, sorted."""
        return sorted(name for at, name in self._found if at == stage)

    def parameters(self, stage: Stage, name: str) -> Mapping[str, inspect.Parameter]:
        """Return the keyword parameters of a component, by name."""
        return parameters_of(self._class(stage, name), f"{stage} {name!r}")

    def make(self, stage: Stage, name: str, parameters: Mapping[str, Any]) -> Instance:
        """Return the component's object, its parameters checked against their annotations.

        Raises :class:`~core_harness.errors.UsageError` for an unknown name or parameter, a value of another
        type or out of its limits (:mod:`core_harness.plugins.limits`), and
        :class:`~core_harness.errors.PluginError` for a component that cannot be loaded.
        """
        cls = self._class(stage, name)
        found = self._found[stage, name]
        who = f"{stage} {name!r}"
        origin = f"{found.component.target} of {found.distribution}"
        reference = ComponentReference(
            name=name,
            target=found.component.target,
            distribution=found.distribution,
            version=found.version,
            parameters=values_of(cls, parameters, who, origin),
        )
        with guarded(stage, reference, "__init__"):
            made = cls(**reference.parameters)
        with guarded(stage, reference, "its attributes"):
            fault = fault_of(made, stage)
        if fault is not None:
            raise PluginError(f"{who} ({origin}): {fault}")
        instance = Instance(stage, reference, made)
        if stage != "llm":
            return instance
        stated = reference.model_copy(update={"changes_answers": dict(call(instance, "identity"))})
        return Instance(stage, stated, made)

    def _class(self, stage: Stage, name: str) -> Any:
        if (stage, name) not in self._found:
            hint = "".join(
                f"; plugin {b.plugin!r} of {b.distribution} is broken: {b.reason}" for b in self.broken
            )
            raise UsageError(unknown(stage, name, self.names(stage)) + hint)
        found = self._found[stage, name]
        module, _, attribute = found.component.target.partition(":")
        try:
            with redirect_stdout(sys.stderr):
                return getattr(import_module(module), attribute)
        except Exception as error:
            raise PluginError(
                f"{stage} {name!r} of {found.distribution} cannot be loaded from {found.component.target}: "
                f"{type(error).__name__}: {error}"
            ) from error


@cache
def catalog() -> Catalog:
    """Return the catalog of the installed plugins."""
    found, broken = installed()
    return Catalog(found, broken)
