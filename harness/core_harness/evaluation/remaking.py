"""From the record of a run to its components, by their references and never by what users type."""

from __future__ import annotations

from collections.abc import Sequence

from core_harness.errors import RunError, UsageError
from core_harness.evaluation.methods import Method
from core_harness.plugins.catalog import Catalog
from core_harness.plugins.component import Instance, Stage
from core_harness.plugins.objects import is_object
from core_harness.runs.manifest import ComponentReference, MethodReference
from core_harness.runs.masking import HIDDEN

_STAGES: Sequence[Stage] = ("retriever", "organizer", "llm", "aggregator")


def component_again(stage: Stage, reference: ComponentReference, components: Catalog) -> Instance:
    """Make a component again from a record.

    Raises
    ------
    UsageError
        It is not installed, or does not take these parameters.
    RunError
        It was an object of Python that is not among the components.
    """
    name = components.name_of(stage, reference)
    if is_object(reference) and not components.has(stage, name):
        raise RunError(
            f"{stage} {reference.name!r} ({reference.target}) was an object of Python, which no record makes "
            "again; hand it in again: session=Session().with_objects(...)"
        )
    shown = {key: value for key, value in reference.parameters.items() if value != HIDDEN}
    return components.make(stage, name, shown)


def method_again(reference: MethodReference, components: Catalog) -> Method:
    """Make a method again from the record of a run.

    Raises
    ------
    UsageError
        The predictions were made elsewhere, or a component is not installed.
    RunError
        The names stand for something else now: another class, another template; or a component was an
        object of Python that is not among the components.
    """
    if not reference.made_here:
        raise UsageError(f"{reference.label} was made elsewhere; what its predictions rest on is not known")
    made = {
        stage: component_again(stage, reference.components[stage], components)
        for stage in _STAGES
        if stage in reference.components
    }
    if missing := [stage for stage in _STAGES if stage != "llm" and stage not in made]:
        raise RunError(f"the record of {reference.label} has no {missing[0]}; evaluate again")
    method = Method(
        label=reference.label,
        strategy=reference.strategy,
        model=reference.model,
        retriever=made["retriever"],
        organizer=made["organizer"],
        llm=made.get("llm"),
        aggregator=made["aggregator"],
    )
    changed: list[str] = [
        stage for stage, one in made.items() if not _same_code(reference.components[stage], one.reference)
    ]
    if [one.sha256 for one in method.reference.templates] != [one.sha256 for one in reference.templates]:
        changed.append("template")
    if changed:
        raise RunError(
            f"{reference.label} was made with another {' and '.join(changed)} than these names stand for "
            "now; run it again"
        )
    return method


def _same_code(recorded: ComponentReference, now: ComponentReference) -> bool:
    """Return whether a name stands for the class of a record; the first records do not name it."""
    return recorded.target in {"", now.target} and recorded.source_sha256 in {None, now.source_sha256}
