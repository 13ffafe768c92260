"""The parameters of a component: what its constructor declares, and values checked against that.

A value that is given is checked against its annotation; a default is taken as it stands. All of them go into
the record of a run, so each has to be a value that JSON can hold.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Mapping
from typing import Any, get_type_hints

import numpy as np
from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from core_harness.errors import PluginError, UsageError, unknown

Declared = Mapping[str, inspect.Parameter]

_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def parameters_of(cls: Any, who: str) -> Declared:
    """Return what a component's constructor takes by name; ``*args`` and ``**kwargs`` are left out.

    The default of a dataclass field with a factory is what the factory returns. ``who`` names the component
    in messages. Raises :class:`~core_harness.errors.PluginError` for what is no class, and for a parameter
    that cannot be given by name.
    """
    if not inspect.isclass(cls):
        raise PluginError(f"{who} is {type(cls).__name__} {cls!r:.60}, wanted a class")
    try:
        declared = inspect.signature(cls).parameters
    except (TypeError, ValueError) as error:
        raise PluginError(f"{who}: its constructor cannot be read: {error}") from None
    for name, parameter in declared.items():
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise PluginError(f"{who}: parameter {name} is positional only; take it by name")
    fields = {field.name: field for field in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else {}
    return {
        name: _with_made_default(parameter, fields.get(name))
        for name, parameter in declared.items()
        if parameter.kind in _KINDS
    }


def values_of(cls: Any, given: Mapping[str, Any], who: str, origin: str) -> dict[str, Any]:
    """Return all parameters of a component: those ``given``, checked, and the defaults of the others.

    ``who`` names the component in messages, as ``aggregator 'vote'``; ``origin`` says whose it is, where the
    component itself has to be mended.

    Raises
    ------
    UsageError
        A parameter that the component does not have, that it has no default for and was not given, or a value
        that does not fit its annotation.
    PluginError
        An annotation that cannot be read, or a default that the record of a run cannot hold.
    """
    declared = parameters_of(cls, f"{who} ({origin})")
    for name in given:
        if name not in declared:
            raise UsageError(unknown(f"parameter of {who}", name, declared))
    found = {}
    for name, parameter in declared.items():
        where = f"{who} ({origin}), parameter {name}"
        if name in given:
            annotation = annotation_of(cls, name, where)
            found[name] = _fitting(given[name], annotation, f"{who}, parameter {name}={given[name]!r}", where)
        elif parameter.default is parameter.empty:
            raise UsageError(
                f"{who} has no default for its parameter {name}; give one with -p STAGE.{name}=VALUE"
            )
        else:
            found[name] = _plain(parameter.default, where)
    return found


def annotation_of(cls: Any, name: str, where: str) -> Any:
    """Return the type of a parameter, ``Any`` where none is declared.

    ``where`` begins the message of the :class:`~core_harness.errors.PluginError` that is raised for a type
    that is not there when the program runs, such as one that is imported under ``TYPE_CHECKING``.
    """
    alone = {key: value for key, value in _raw_annotations(cls).items() if key == name}
    if not alone:
        return Any

    def holder() -> None: ...

    holder.__annotations__ = alone
    try:
        names = vars(sys.modules[cls.__init__.__module__])
        return get_type_hints(holder, globalns=names, localns=dict(vars(cls)), include_extras=True)[name]
    except Exception as error:  # noqa: BLE001  an annotation is any expression
        raise PluginError(
            f"{where}: the annotation {alone[name]!r:.60} cannot be read "
            f"({type(error).__name__}: {error}); import it outside of TYPE_CHECKING"
        ) from None


def _raw_annotations(cls: Any) -> Mapping[str, Any]:
    constructor = cls.__init__ if cls.__init__ is not object.__init__ else cls.__new__
    return getattr(constructor, "__annotations__", {})


def _with_made_default(
    parameter: inspect.Parameter, field: dataclasses.Field[Any] | None
) -> inspect.Parameter:
    if field is None or field.default_factory is dataclasses.MISSING:
        return parameter
    return parameter.replace(default=field.default_factory())


def _fitting(value: Any, annotation: Any, given: str, where: str) -> Any:
    try:
        return TypeAdapter(annotation).validate_python(value)
    except ValidationError as error:
        raise UsageError(f"{given}: {error.errors()[0]['msg']}") from None
    except PydanticUserError:
        raise PluginError(
            f"{where}: values cannot be checked against {annotation!r:.60}; annotate it with int, float, "
            "str, bool, a Literal or a tuple of these"
        ) from None


def _plain(default: Any, where: str) -> Any:
    """Return a default that JSON can hold; a number of numpy is made one of Python."""
    default = default.item() if isinstance(default, np.generic) else default
    try:
        to_jsonable_python(default)
    except (PydanticSerializationError, ValueError, RecursionError):
        raise PluginError(
            f"{where}: the default is {type(default).__name__} {default!r:.40}, which the record of a run "
            "cannot hold; make it a number, a text or a tuple of these"
        ) from None
    return default
