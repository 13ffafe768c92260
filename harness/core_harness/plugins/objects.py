"""Objects of Python in place of installed components: their references, and a catalog that has them."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import packages_distributions, version
from typing import Any

from core_harness.errors import PluginError, UsageError, unknown
from core_harness.plugins.catalog import Catalog, checked
from core_harness.plugins.component import Component, Instance, Stage
from core_harness.plugins.discovery import Found
from core_harness.plugins.guard import guarded
from core_harness.plugins.names import full_name
from core_harness.plugins.parameters import parameters_of
from core_harness.runs.manifest import ComponentReference
from core_harness.runs.masking import HIDDEN, without_secrets

PYTHON = "python"
"""The distribution of a class that none brought: it is a script's, or a notebook's."""


class WithObjects(Catalog):
    """A catalog with an object at some stages, under the name of its class: ``Mine@python``."""

    base: Catalog
    objects: dict[Stage, Instance]

    def __init__(self, installed: Catalog, objects: Mapping[Stage, object]) -> None:
        base = installed.base if isinstance(installed, WithObjects) else installed
        earlier = installed.objects if isinstance(installed, WithObjects) else {}
        made = {stage: instance_of(stage, one, base) for stage, one in objects.items()}
        self.base = base
        self.objects = {**earlier, **made}
        self._found_as = {stage: _found(one) for stage, one in self.objects.items()}
        super().__init__([*self._found_as.values(), *base], base.broken, base.strategies, base.left_out)

    def called(self, stage: Stage) -> str:
        """Return the name by which the object at a stage is asked for."""
        return full_name(self._found_as[stage])

    def settings_of(self, stage: Stage) -> dict[str, Any]:
        """Return the parameters of the object at a stage that are not the defaults of its class."""
        one = self.objects[stage]
        known = parameters_of(type(one.object), one.name)
        return {
            key: value
            for key, value in one.reference.parameters.items()
            if value != HIDDEN and not _is_default(known[key], value)
        }

    def parameters(self, stage: Stage, name: str) -> Mapping[str, inspect.Parameter]:
        """Return the keyword parameters of a component, by name."""
        if (one := self._meant(stage, name)) is None:
            return super().parameters(stage, name)
        return parameters_of(type(one.object), one.name)

    def make(self, stage: Stage, name: str, parameters: Mapping[str, Any]) -> Instance:
        """Return the component's object: that which was handed in, or a new one of an installed class.

        Raises :class:`~core_harness.errors.UsageError` where the object was made with other parameters.
        """
        if (one := self._meant(stage, name)) is None:
            return super().make(stage, name, parameters)
        has = one.reference.parameters
        for key, value in parameters.items():
            if key not in has:
                raise UsageError(unknown(f"parameter of {stage} {name!r}", key, has))
            if has[key] not in (HIDDEN, _plain(one.name, key, value)):
                raise UsageError(
                    f"{one.name} is an object with {key}={has[key]!r}, and {value!r} is asked for; make "
                    "another object with that"
                )
        return one

    def _meant(self, stage: Stage, name: str) -> Instance | None:
        """Return the object that a name means, if it means one."""
        here = stage in self.objects and self.has(stage, name)
        return self.objects[stage] if here and self.find(stage, name) is self._found_as[stage] else None


def instance_of(stage: Stage, made: object, installed: Catalog) -> Instance:
    """Return an object of Python as a component, with the reference that a record has of it.

    The reference is that of the installed component whose class it is of, if there is one. Otherwise it has
    the name of the class, its distribution or :data:`PYTHON`, and the SHA-256 of its source where that can
    be read. Parameters are the arguments of the class, as the object keeps them in attributes of the same
    names; values of those called as secrets are (``api_key``) are hidden.

    Raises
    ------
    UsageError
        It is a class and no object.
    PluginError
        It lacks what its stage must have, does not keep an argument, or keeps one that JSON cannot hold.
    """
    if isinstance(made, type):
        name = made.__name__
        raise UsageError(f"{stage} {name} is a class; hand in an object of it, such as {name}()")
    cls = type(made)
    target = f"{cls.__module__}:{cls.__qualname__}"
    known = [one for one in installed if one.stage == stage and one.registered.target == target]
    distribution, release = (known[0].distribution, known[0].version) if known else _origin(cls)
    reference = ComponentReference(
        name=known[0].name if known else cls.__name__,
        target=target,
        distribution=distribution,
        version=release,
        source_sha256=None if known else _source_sha256(cls),
    )
    instance = checked(stage, reference, made)
    with guarded(stage, instance.reference, "its attributes"):
        parameters = without_secrets(dict(_kept(instance.name, made)))
    return replace(instance, reference=instance.reference.model_copy(update={"parameters": parameters}))


def is_object(reference: ComponentReference) -> bool:
    """Return whether a record's component was handed in as an object, and is not installed."""
    return reference.distribution == PYTHON or reference.source_sha256 is not None


def same(one: Instance) -> str:
    """Return what two components share that are the same: their record, or the object where it hides some.

    The caller keeps the object for as long as it compares.
    """
    hides = is_object(one.reference) or HIDDEN in one.reference.model_dump_json()
    return one.reference.model_dump_json() + (f" {id(one.object)}" if hides else "")


def _found(one: Instance) -> Found:
    """Return an object as what a plugin registers; that of an installed class is asked for as ``@python``."""
    reference = one.reference
    component = Component(reference.name, reference.target, "object of Python")
    distribution = reference.distribution if is_object(reference) else PYTHON
    return Found(component, distribution, reference.version, one.stage)


def _origin(cls: type) -> tuple[str, str]:
    """Return the distribution that a class came from, and its version; empty for that of a script."""
    package = cls.__module__.partition(".")[0]
    distributions = packages_distributions().get(package)
    return (distributions[0], version(distributions[0])) if distributions else (PYTHON, "")


def _kept(name: str, made: object) -> Iterator[tuple[str, Any]]:
    for key, parameter in inspect.signature(type(made)).parameters.items():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            raise PluginError(f"{name} takes any arguments ({key}), which no record holds; name them")
        if not hasattr(made, key):
            raise PluginError(
                f"{name} does not keep its argument {key}, which the record of a run holds; add "
                f"self.{key} = {key} to __init__"
            )
        yield key, _plain(name, key, getattr(made, key))


def _is_default(parameter: inspect.Parameter, value: object) -> bool:
    """Return whether a recorded value is the default, as JSON has it."""
    try:
        return bool(_as_json(parameter.default) == value)
    except (TypeError, ValueError):  # a default that no record could hold is not what the record holds
        return False


def _plain(name: str, key: str, value: object) -> Any:
    """Return an argument in the types of JSON: a tuple is a list, a path is text."""
    try:
        return _as_json(value)
    except (TypeError, ValueError):
        raise PluginError(
            f"{name} keeps {key}={value!r:.80}, which JSON and so the record of a run cannot hold; "
            "take numbers, text, lists and dicts as arguments"
        ) from None


def _as_json(value: object) -> Any:
    return json.loads(json.dumps(value, allow_nan=False, default=os.fspath))


def _source_sha256(cls: type) -> str | None:
    """Return the digest of a class's source; of a notebook's, only that of its functions can be read."""
    functions = [value for value in vars(cls).values() if inspect.isfunction(value)]
    for parts in ([cls], functions):
        try:
            source = "".join(map(inspect.getsource, parts))
        except (OSError, TypeError):
            continue
        return hashlib.sha256(source.encode()).hexdigest() if source else None
    return None
