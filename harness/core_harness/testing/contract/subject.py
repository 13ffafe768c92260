"""What is checked, by what, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from core_harness.errors import HarnessError, MissingDataError, UsageError
from core_harness.plugins.attributes import PROTOCOLS
from core_harness.plugins.component import METHODS, Instance, Stage, stages_of
from core_harness.plugins.guard import guarded
from core_harness.plugins.parameters import parameters_of
from core_harness.runs.manifest import ComponentReference

PAIRS = 100_000
"""Pairs of the large world, in which time and memory are seen."""

Status = Literal["passed", "failed", "skipped"]


class Fault(Exception):  # noqa: N818 - what a check found
    """A component breaks its contract; the message says what was seen."""


class Skip(Exception):  # noqa: N818 - see Fault
    """A check does not apply, or what it needs is not there; the message says why."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A component that is checked.

    Attributes
    ----------
    instance
        As it was made.
    pairs
        Of the large world.
    asks
        Whether a model may be sent requests.
    """

    instance: Instance
    pairs: int = PAIRS
    asks: bool = True

    @property
    def stage(self) -> Stage:
        """Its stage."""
        return self.instance.stage

    @property
    def object(self) -> Any:
        """The component's object as it was given."""
        return self.instance.object

    def fresh(self) -> Instance:
        """Return the component made once more, with the same parameters."""
        reference = self.instance.reference
        with guarded(self.stage, reference, "__init__"):
            made = type(self.object)(**reference.parameters)
        return Instance(self.stage, reference, made)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that holds of every component of a stage.

    Attributes
    ----------
    name
        What it is called: words with hyphens.
    run
        Raises :class:`Fault` where it does not hold, and :class:`Skip` where it cannot be seen. May return a
        line about what was seen.
    why
        What goes wrong where it does not hold.
    mend
        How to mend it.
    """

    name: str
    run: Callable[[Subject], str | None]
    why: str
    mend: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a check: ``found`` is what was seen, or why it was skipped."""

    check: Check
    status: Status
    found: str = ""


def outcome_of(check: Check, subject: Subject) -> Outcome:
    """Run a check."""
    try:
        return Outcome(check=check, status="passed", found=check.run(subject) or "")
    except (Skip, MissingDataError) as skip:
        return Outcome(check=check, status="skipped", found=str(skip))
    except (Fault, HarnessError) as fault:
        return Outcome(check=check, status="failed", found=str(fault))


def subject_of(component: Any, **settings: Any) -> Subject:
    """Return an object, a class that needs no argument, or an instance, as something to check.

    Raises
    ------
    UsageError
        It is none of the five kinds of component.
    PluginError
        It is a class that cannot be made.
    """
    if isinstance(component, Instance):
        return Subject(instance=component, **settings)
    cls = component if isinstance(component, type) else type(component)
    stage = stage_of(cls)
    who = f"{stage} {cls.__name__!r}"
    reference = ComponentReference(name=cls.__name__, target=f"{cls.__module__}:{cls.__qualname__}")
    if isinstance(component, type):
        with guarded(stage, reference, "__init__"):
            component = cls()
    parameters = {
        name: getattr(component, name) for name in parameters_of(cls, who) if hasattr(component, name)
    }
    reference = reference.model_copy(update={"parameters": parameters})
    return Subject(instance=Instance(stage, reference, component), **settings)


def stage_of(cls: type) -> Stage:
    """Return the stage of a class by its main method. Raises :class:`UsageError` for none, or several."""
    found = stages_of(cls)
    if len(found) == 1:
        return found[0]
    methods = ", ".join(f"{method} ({stage})" for stage, method in METHODS.items())
    number = "several" if found else "none"
    raise UsageError(f"{cls.__name__} has {number} of the methods that make a component: {methods}")


def protocol_of(stage: Stage) -> str:
    """Return where the protocol of a stage is described."""
    return f"core_harness.plugins.protocols.{PROTOCOLS[stage].__name__}"
