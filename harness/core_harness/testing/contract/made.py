"""Checks of how a component is made: its constructor, and what the record of a run keeps of it."""

from __future__ import annotations

import time
from typing import Any

from pydantic_core import to_json

from core_harness.errors import HarnessError, PluginError, UsageError
from core_harness.plugins.attributes import fault_of
from core_harness.plugins.parameters import annotation_of, parameters_of, values_of
from core_harness.runs.manifest import ComponentReference
from core_harness.runs.masking import HIDDEN
from core_harness.testing.contract.subject import Check, Fault, Subject

_LONGEST = 0.5
"""Seconds that a constructor may take: those of the built-in components take microseconds."""


def attributes(subject: Subject) -> None:
    """Refuse an object that lacks what its protocol asks for."""
    if fault := fault_of(subject.object, subject.stage):
        raise Fault(fault)


def defaults(subject: Subject) -> None:
    """Refuse a constructor that cannot be called without arguments."""
    cls = type(subject.object)
    lacking = [
        name
        for name, parameter in parameters_of(cls, subject.instance.name).items()
        if parameter.default is parameter.empty
    ]
    if lacking:
        raise Fault(f"no default for {', '.join(lacking)}")


def types_declared(subject: Subject) -> None:
    """Refuse a parameter whose type is not declared, or is not there when the program runs."""
    cls = type(subject.object)
    for name in parameters_of(cls, subject.instance.name):
        if annotation_of(cls, name, f"parameter {name}") is Any:
            raise Fault(f"parameter {name} has no annotation")


def arguments_kept(subject: Subject) -> None:
    """Refuse an object that does not keep an argument as the attribute of its name."""
    given = {name: value for name, value in subject.instance.reference.parameters.items() if value != HIDDEN}
    for name, value in given.items():
        if not hasattr(subject.object, name):
            raise Fault(f"it has no attribute {name}, which was given as {value!r:.40}")
    declared = parameters_of(type(subject.object), subject.instance.name)
    if lacking := [name for name in declared if not hasattr(subject.object, name)]:
        raise Fault(f"it has no attribute {', '.join(lacking)}")
    made = subject.fresh().object
    for name, value in given.items():
        if not _same(getattr(made, name), value):
            raise Fault(f"it was given {name}={value!r:.40} and keeps {getattr(made, name)!r:.40}")


def made_again(subject: Subject) -> None:
    """Refuse parameters that cannot be written to the record of a run and read again."""
    reference = subject.instance.reference
    try:
        stored = ComponentReference.model_validate_json(reference.model_dump_json())
    except ValueError as error:
        raise Fault(f"its parameters cannot be written as JSON: {error}") from None
    cls = type(subject.object)
    try:
        again = values_of(cls, stored.parameters, subject.instance.name, "its constructor")
    except (UsageError, PluginError) as error:
        raise Fault(f"it cannot be made again from its record: {error}") from None
    for name, value in reference.parameters.items():
        if not _same(again[name], value):
            raise Fault(
                f"{name} is {value!r:.40}, and {again[name]!r:.40} when it is made again from its record"
            )


def cheap(subject: Subject) -> str:
    """Refuse a constructor that works for long."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        try:
            subject.fresh()
        except HarnessError as error:
            raise Fault(str(error)) from None
        seconds.append(time.perf_counter() - start)
    if min(seconds) > _LONGEST:
        raise Fault(f"its constructor takes {min(seconds):.1f} s")
    return f"{1e6 * min(seconds):,.0f} µs"


def _same(left: Any, right: Any) -> bool:
    return bool(to_json(left) == to_json(right))


MADE = (
    Check(
        name="has-what-its-protocol-asks-for",
        run=attributes,
        why="a run that uses it ends before it begins",
        mend="add what is missing, as the protocol of its stage describes it",
    ),
    Check(
        name="made-without-arguments",
        run=defaults,
        why="it cannot be used by its name alone",
        mend="give every parameter of __init__ a default",
    ),
    Check(
        name="parameters-have-types",
        run=types_declared,
        why="values from the command line are text, and nothing says what to make of them",
        mend="annotate each parameter with a type that is imported when the program runs",
    ),
    Check(
        name="keeps-its-arguments",
        run=arguments_kept,
        why="what a reader finds on the object is not what the run was made with",
        mend="write self.name = name for each parameter in __init__, and change none of them there",
    ),
    Check(
        name="made-again-from-its-record",
        run=made_again,
        why="a run could be neither resumed nor reproduced",
        mend="take numbers, texts, and tuples of these as parameters",
    ),
    Check(
        name="constructor-is-cheap",
        run=cheap,
        why="components are made to be listed, compared and resumed, where nothing is computed",
        mend="read files, build tables and open connections when the first method is called",
    ),
)
"""Checks of every component."""
