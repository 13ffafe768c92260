"""What is chosen in Python: the words of the command line, or objects in place of components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.plugins.component import Stage
from core_harness.plugins.objects import WithObjects
from core_harness.plugins.protocols import LLM, Aggregator, Dataset, Organizer, Retriever
from core_harness.vocabulary import AtOnce, Control, Only, Regime


class Choices(TypedDict, total=False):
    """The fields of :class:`~core_harness.evaluation.spec.RunSpec`, with objects where they name components.

    An object is taken as it is, with the arguments that it was made with. ``parameters`` are by stage.
    """

    model: str | LLM | None
    retriever: str | Retriever | None
    organizer: str | Organizer | None
    aggregator: str | Aggregator | None
    parameters: Mapping[Any, Mapping[str, Any]]
    regime: Regime | None
    support_contexts: Sequence[str]
    gene_holdout: float | None
    question: AtOnce | None
    control: Control | None
    control_seeds: int
    limit: int | None
    support: tuple[int, int | None] | None
    only: Only | None
    seed: int


_STAGE: Mapping[str, Stage] = {
    "dataset": "dataset",
    "model": "llm",
    "retriever": "retriever",
    "organizer": "organizer",
    "aggregator": "aggregator",
}


def as_spec(
    session: Session, dataset: str | Dataset, strategies: Sequence[str] | str, choices: Choices
) -> tuple[Session, RunSpec]:
    """Return what was asked for in names alone, and the session with the objects that these stand for.

    Raises
    ------
    UsageError
        A value that does not exist or fit, or a class in place of an object.
    PluginError
        An object lacks what its stage must have, or its arguments cannot be recorded.
    """
    names = (strategies,) if isinstance(strategies, str) else tuple(strategies)
    chosen: dict[str, Any] = {"dataset": dataset, **choices}
    objects = {name: chosen[name] for name in _STAGE if not isinstance(chosen.get(name), str | None)}
    if not objects:
        return session, RunSpec(strategies=names, **chosen)
    components = WithObjects(session.components, {_STAGE[name]: made for name, made in objects.items()})
    named = _named(components, objects, chosen)
    return session.with_components(components), RunSpec(strategies=names, **named)


def _named(
    components: WithObjects, objects: Mapping[str, object], chosen: Mapping[str, Any]
) -> dict[str, Any]:
    """Return choices with names for objects, and the settings of these among the parameters, for labels."""
    given = dict(chosen.get("parameters", {}))
    stages = {name: _STAGE[name] for name in objects}
    for stage in stages.values():
        given[stage] = {**components.settings_of(stage), **given.get(stage, {})}
    named = {name: components.called(stage) for name, stage in stages.items()}
    return {**chosen, **named, "parameters": given}
