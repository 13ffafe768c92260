"""What the object of a component must have, besides what its methods return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import StrictInt, TypeAdapter, ValidationError

from core_harness.plugins import protocols
from core_harness.plugins.component import Stage
from core_harness.schemas import Need, Reads
from core_harness.vocabulary import Beyond

PROTOCOLS: Mapping[Stage, type] = {
    "dataset": protocols.Dataset,
    "retriever": protocols.Retriever,
    "organizer": protocols.Organizer,
    "llm": protocols.LLM,
    "aggregator": protocols.Aggregator,
}
"""What an object of each stage is."""

_TYPES: Mapping[Stage, Mapping[str, Any]] = {
    "retriever": {"reads": Reads},
    "organizer": {"gives": frozenset[Need], "facts": StrictInt},
    "aggregator": {
        "needs": frozenset[Need],
        "examples": StrictInt | None,
        "beyond_contrast": frozenset[Beyond],
        "scores": Literal["probabilities", "ranks"],
    },
}
"""What is read of an object without a call, where it has it."""


def fault_of(made: object, stage: Stage) -> str | None:
    """Return what is wrong with a component's object, and how to mend it; None where nothing is.

    Attributes are read, and no method is called.
    """
    for attribute, wanted in _TYPES.get(stage, {}).items():
        if not hasattr(made, attribute):
            continue
        try:
            # a list is no set: what fits must do as it is
            TypeAdapter(wanted).validate_python(value := getattr(made, attribute), strict=True)
        except ValidationError as error:
            return f"{attribute} is {value!r}: {error.errors()[0]['msg']}"
    if missing := _missing(made, PROTOCOLS[stage]):
        page = f"core_harness.plugins.protocols.{PROTOCOLS[stage].__name__}"
        article = "a" if stage in {"dataset", "retriever"} else "an"
        return f"it lacks {', '.join(missing)}, which {article} {stage} must have; see {page}"
    return _half_of_a_pair(made, stage)


def _half_of_a_pair(made: object, stage: Stage) -> str | None:
    """Return what an object lacks of two things that go together."""
    if stage == "aggregator" and hasattr(made, "fit") != hasattr(made, "examples"):
        if hasattr(made, "examples"):
            return "it has 'examples' and no method 'fit' to learn from them"
        return (
            "it has a method 'fit' and no attribute 'examples', so it would never be fitted; set examples to "
            "the number of perturbations to learn from, or to None for all of them in folds"
        )
    gives: frozenset[str] = getattr(made, "gives", frozenset())
    if stage == "organizer" and (asked := gives & {"answers", "grades"}):
        lacking = _missing(made, protocols.AskingOrganizer)
        # grades are optional: without a model, evidence has the weights that it came with
        if lacking and ("answers" in asked or len(lacking) < len(_members(protocols.AskingOrganizer))):
            return (
                f"it gives {' and '.join(sorted(asked))} and lacks {', '.join(lacking)}; see "
                "core_harness.plugins.protocols.AskingOrganizer"
            )
    return None


def _missing(made: object, protocol: type) -> list[str]:
    return [name for name in _members(protocol) if not hasattr(made, name)]


def _members(protocol: type) -> list[str]:
    """Return the names of what a protocol asks for, its attributes first."""
    bases = [base for base in reversed(protocol.__mro__) if getattr(base, "_is_protocol", False)]
    attributes = [name for base in bases for name in getattr(base, "__annotations__", {})]
    methods = [name for base in bases for name in vars(base) if callable(vars(base)[name])]
    return [name for name in dict.fromkeys([*attributes, *methods]) if not name.startswith("_")]
