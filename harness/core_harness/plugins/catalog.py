"""The catalog: from the name of a component to an object with checked parameters."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any

from core_harness.errors import PluginError, RunError, UsageError, unknown
from core_harness.plugins.attributes import fault_of
from core_harness.plugins.component import METHODS, Instance, Kind, Stage
from core_harness.plugins.discovery import Broken, Found, FoundStrategy, installed
from core_harness.plugins.files import DIGEST
from core_harness.plugins.guard import call, guarded
from core_harness.plugins.names import meant, normal, short_names, spelt
from core_harness.plugins.parameters import parameters_of, values_of
from core_harness.runs.manifest import ComponentReference
from core_harness.runs.masking import without_secrets
from core_harness.text import plain


class Catalog:
    """All components by stage and name, and the strategies of plugins.

    A bare name means the built-in component, else the only one; ``name@distribution`` means that one.
    """

    def __init__(
        self,
        found: Iterable[Found],
        broken: Iterable[Broken] = (),
        strategies: Iterable[FoundStrategy] = (),
        left_out: Iterable[str] = (),
    ) -> None:
        self._found = tuple(found)
        self.broken = tuple(broken)
        self.strategies = tuple(strategies)
        self.left_out = tuple(left_out)

    def __iter__(self) -> Iterator[Found]:
        return iter(self._found)

    def by_name(self, stage: Stage) -> dict[str, Found]:
        """Return the components of one stage by the shortest name that means each, sorted."""
        named = short_names(self._at(stage))
        return dict(sorted(named.items()))

    def names(self, stage: Stage) -> list[str]:
        """Return the shortest names of the components at one stage, sorted."""
        return list(self.by_name(stage))

    def has(self, stage: Stage, name: str) -> bool:
        """Return whether a name means a component. Raises :class:`UsageError` where it means several."""
        return meant(stage, name, self._at(stage)) is not None

    def find(self, stage: Stage, name: str) -> Found:
        """Return what a name means. Raises :class:`UsageError` for an unknown one, or one of several."""
        found = meant(stage, name, self._at(stage))
        if found is None:
            raise UsageError(self._absent(stage, name))
        return found

    def _absent(self, stage: Stage, name: str) -> str:
        """Return that a name means nothing; of a file, what its class would need."""
        bare, _, file = name.partition("@")
        if not file.endswith(".py"):
            return unknown(stage, name, self.names(stage)) + self.broken_hint(name)
        there = ", ".join(one.name for one in self._found if one.distribution == file)
        wanted = f"a class of that name with the method {METHODS[stage]!r}"
        return f"{file} has no {stage} {bare!r}, {wanted} (components there: {there or 'none'})"

    def spelt(self, kind: Kind, name: str) -> str:
        """Return a name as records and labels have it: its distribution in the one spelling."""
        return spelt(kind, name, self.strategies if kind == "strategy" else self._at(kind))

    def _at(self, stage: Stage) -> list[Found]:
        return [one for one in self._found if one.stage == stage]

    def name_of(self, stage: Stage, reference: ComponentReference) -> str:
        """Return the name of the component of a record; its bare one where its distribution is not here.

        Raises :class:`~core_harness.errors.RunError` for a file that was not named again, or has changed.
        """
        recorded = (reference.name, normal(reference.distribution))
        by_name = self.by_name(stage)
        name = next(
            (key for key, one in by_name.items() if (one.name, normal(one.distribution)) == recorded), None
        )
        if reference.version.startswith(DIGEST):
            file = f"file {plain(reference.distribution)} ({plain(reference.version[:19])}...)"
            if name is None:
                raise RunError(f"{stage} {reference.name!r} is from the {file}; name it with --plugin FILE")
            if by_name[name].version != reference.version:
                raise RunError(
                    f"{stage} {reference.name!r}: the {file} has changed since the run; run it again"
                )
        return reference.name if name is None else name

    def broken_hint(self, name: str) -> str:
        """Return the rest of a message that ``name`` is unknown: which plugins are broken, and what helps."""
        _, at, distribution = name.partition("@")
        broken = [
            f"; plugin {one.plugin!r} of {one.distribution} is broken: {one.reason} (mend it, or install "
            f"another version of {one.distribution})"
            for one in self.broken
            if not at or normal(one.distribution) == normal(distribution)
        ]
        left_out = f"; left out: {', '.join(self.left_out)}" if self.left_out else ""
        return "".join(broken) + left_out

    def parameters(self, stage: Stage, name: str) -> Mapping[str, inspect.Parameter]:
        """Return the keyword parameters of a component, by name."""
        return parameters_of(
            self.class_of(stage, name), f"{stage} {name!r} ({_origin(self.find(stage, name))})"
        )

    def make(self, stage: Stage, name: str, parameters: Mapping[str, Any]) -> Instance:
        """Return the component's object, its parameters checked against their annotations.

        Raises :class:`~core_harness.errors.UsageError` for an unknown name or parameter, a value of another
        type or out of its limits (:mod:`core_harness.plugins.limits`), and
        :class:`~core_harness.errors.PluginError` for a component that cannot be loaded.
        """
        cls = self.class_of(stage, name)
        found = self.find(stage, name)
        who = f"{stage} {name!r}"
        values = values_of(cls, parameters, who, _origin(found))
        reference = ComponentReference(
            name=found.name,
            target=found.registered.target,
            distribution=found.distribution,
            version=found.version,
            parameters=without_secrets(values),
        )
        with guarded(stage, reference, "__init__"):
            made = cls(**values)
        return checked(stage, reference, made)

    def class_of(self, stage: Stage, name: str) -> Any:
        """Return the class of a component, imported. Raises as :meth:`make` does."""
        found = self.find(stage, name)
        module, _, attribute = found.registered.target.partition(":")
        try:
            with redirect_stdout(sys.stderr):
                return getattr(import_module(module), attribute)
        except (Exception, SystemExit) as error:  # an import does not end the program
            raise PluginError(
                f"{stage} {name!r} of {found.distribution} cannot be loaded from {found.registered.target}: "
                f"{type(error).__name__}: {error}"
            ) from error


def _origin(found: Found) -> str:
    return f"{found.registered.target} of {found.distribution}"


def checked(stage: Stage, reference: ComponentReference, made: object) -> Instance:
    """Return an object as a component of a stage, with what a model says of itself in its reference.

    Raises :class:`~core_harness.errors.PluginError` for an object that lacks what the stage must have.
    """
    with guarded(stage, reference, "its attributes"):
        fault = fault_of(made, stage)
    if fault is not None:
        raise PluginError(
            f"{stage} {reference.name!r} ({reference.target} of {reference.distribution}): {fault}"
        )
    instance = Instance(stage, reference, made)
    if stage != "llm":
        return instance
    stated = reference.model_copy(update={"changes_answers": dict(call(instance, "identity"))})
    return Instance(stage, stated, made)


def catalog() -> Catalog:
    """Return the catalog of the installed plugins, and of the files that were chosen."""
    return Catalog(*installed())
