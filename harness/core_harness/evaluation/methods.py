"""From names to components: the dataset, the methods asked for, and whether they fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from core_harness.errors import PluginError, UsageError, unknown
from core_harness.evaluation.models import make_model
from core_harness.evaluation.relations import related
from core_harness.evaluation.spec import RunSpec
from core_harness.llm import AnswerBy
from core_harness.plugins.catalog import Catalog
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import call
from core_harness.plugins.names import BUILT_IN
from core_harness.plugins.protocols import Aggregator, AskingOrganizer, Organizer, UsesKnowledge
from core_harness.plugins.strategies import strategies, strategy_named
from core_harness.prompts import Template
from core_harness.registry.entries import Registry
from core_harness.runs.manifest import MethodReference, TemplateReference
from core_harness.runs.masking import HIDDEN, masked, without_secrets
from core_harness.schemas import Block, Need, Task
from core_harness.vocabulary import Beyond, StrategyStage

OnFailure = Callable[[str, PluginError], None]
"""Called with the name of a strategy whose component cannot be made, and why."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A strategy with its components made: one run.

    Attributes
    ----------
    label
        The strategy's name, and in brackets whatever was set otherwise.
    strategy, model
        The names by which it was asked for.
    retriever, organizer, llm, aggregator
        The components in the order in which data pass them; ``llm`` is None where no model is asked.
    relate
        Has the retriever relate the names of a block; that of a session may know the answer.
    """

    label: str
    strategy: str | None
    model: str | None = None
    retriever: Instance
    organizer: Instance
    llm: Instance | None = None
    aggregator: Instance
    relate: Callable[[Instance, Task, Block], pl.DataFrame] = related

    @property
    def components(self) -> tuple[Instance, ...]:
        """The components in the order in which data pass them."""
        instances = (self.retriever, self.organizer, self.llm, self.aggregator)
        return tuple(instance for instance in instances if instance is not None)

    @property
    def asks(self) -> bool:
        """Whether a model is asked."""
        return self.llm is not None

    @property
    def grades(self) -> bool:
        """Whether the model grades neighbours, by which evidence is weighed, and answers no question."""
        return self.asks and "grades" in self.organizer.object.gives

    @property
    def answers_by(self) -> AnswerBy:
        """Whether the model writes its answers, or is scored by one token."""
        by: AnswerBy = "text" if self.llm is None else getattr(self.llm.object, "answer", "text")
        return by

    @property
    def tells_facts(self) -> bool:
        """Whether its prompts hold facts of the knowledge graph."""
        return self.asks and self.organizer.object.facts > 0

    @property
    def templates(self) -> Sequence[Template]:
        """Templates that its prompts are written with."""
        if not self.asks or not isinstance(self.organizer.object, AskingOrganizer):
            return ()
        templates: Sequence[Template] = call(self.organizer, "templates")
        return templates

    @property
    def reads_knowledge(self) -> bool:
        """Whether any component, or any prompt, is made from the knowledge graph."""
        return self.tells_facts or any(isinstance(one.object, UsesKnowledge) for one in self.components)

    @property
    def reference(self) -> MethodReference:
        """What makes the method again, and what it declares."""
        declared: frozenset[Beyond] = getattr(self.aggregator.object, "beyond_contrast", frozenset())
        return MethodReference(
            label=self.label,
            strategy=self.strategy,
            model=self.model,
            components={one.stage: one.reference for one in self.components},
            templates=tuple(TemplateReference.model_validate(one.identity()) for one in self.templates),
            beyond_contrast=tuple(sorted(declared)),
        )


def make_dataset(spec: RunSpec, registry: Registry, catalog: Catalog) -> Instance:
    """Return the dataset component that ``spec.dataset`` names. Raises :class:`UsageError`."""
    name, _, path = spec.dataset.partition(":")
    given = dict(spec.parameters.get("dataset", {}))
    if path:
        return catalog.make("dataset", name, {"path": path, **given})
    if entry := registry.datasets.get(name):
        return catalog.make("dataset", entry.component, {**entry.parameters, **given})
    if catalog.has("dataset", name):
        return catalog.make("dataset", name, given)
    of_plugins = [named for named, one in catalog.by_name("dataset").items() if one.distribution != BUILT_IN]
    known = {*registry.datasets, *of_plugins, "table:PATH"}
    raise UsageError(unknown("dataset", spec.dataset, known) + catalog.broken_hint(name))


def make_methods(
    spec: RunSpec,
    registry: Registry,
    catalog: Catalog,
    *,
    model: Instance | None = None,
    on_failure: OnFailure | None = None,
    keyless: bool = False,
) -> list[Method]:
    """Return the methods that ``spec`` names, in its order.

    ``model`` is asked in place of the one that the spec names. A strategy with a broken component is left out
    where ``on_failure`` is there to be called; ``keyless`` methods are not going to ask. Raises
    :class:`UsageError` for an unknown name, a parameter that no component takes, components that do not fit
    each other, or two methods that are the same.
    """
    model = model or make_model(spec, registry, catalog, keyless=keyless)
    methods = []
    for name in spec.strategies:
        try:
            method = _make_method(catalog.spelt("strategy", name), spec, registry, catalog, model=model)
            methods.append(method)
        except PluginError as error:
            if on_failure is None:
                raise
            on_failure(name, error)
    whole = len(methods) == len(spec.strategies)  # else what is not taken may be meant for one that failed
    if whole and model is not None and not any(method.asks for method in methods):
        raise UsageError(f"{', '.join(spec.strategies)} asks no model; leave out --model, or add reasoning")
    if whole:
        _check_taken(spec, methods)
    labels = [method.label for method in methods]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise UsageError(f"asked for twice: {', '.join(sorted(twice))}")
    return methods


def _make_method(
    name: str, spec: RunSpec, registry: Registry, catalog: Catalog, *, model: Instance | None
) -> Method:
    entry = strategy_named(name, registry, catalog)
    stages: dict[StrategyStage, tuple[str, str | None]] = {
        "retriever": (entry.retriever, spec.retriever),
        "organizer": (entry.organizer, spec.organizer),
        "aggregator": (entry.aggregator, spec.aggregator),
    }
    changes = []
    instances: dict[str, Instance] = {}
    for stage, (usual, wanted) in stages.items():
        component = wanted or usual
        values: dict[str, Any] = {}
        # a strategy's own parameters belong to its own components
        if catalog.find(stage, component) == catalog.find(stage, usual):
            values.update(entry.parameters.get(stage, {}))
        else:
            changes.append(f"{stage}={catalog.spelt(stage, component)}")
        known = catalog.parameters(stage, component)
        wished = dict(spec.parameters.get(stage, {}))
        if stage == "organizer" and spec.question is not None:
            if "question" not in known:
                raise UsageError(_cannot_ask_both(name, registry, catalog))
            wished["question"] = spec.question
        given = {key: value for key, value in wished.items() if key in known}
        changes += [f"{stage}.{key}={value}" for key, value in without_secrets(given).items()]
        instances[stage] = catalog.make(stage, component, values | given)
    method = Method(
        label=_label(name, changes),
        strategy=name,
        retriever=instances["retriever"],
        organizer=instances["organizer"],
        aggregator=instances["aggregator"],
    )
    _check_fit(method)
    gives: frozenset[Need] = method.organizer.object.gives
    if "answers" not in method.aggregator.object.needs and not ("grades" in gives and model is not None):
        return method
    if model is None:
        raise UsageError(f"{name} asks a model; name one with --model, e.g. --model qwen")
    method = replace(method, llm=model, model=spec.model and catalog.spelt("llm", spec.model))
    by_token = method.answers_by == "token"
    changes += [*_changes_of_model(spec), *(["answer=token"] if by_token else [])]
    method = replace(method, label=_label(name, changes))
    if by_token:
        _check_by_token(method)
    return method


def _label(name: str, changes: Sequence[str]) -> str:
    """Return what tables call a method: the strategy's name, and in brackets whatever was set otherwise."""
    return f"{name}[{','.join(changes)}]" if changes else name


def _changes_of_model(spec: RunSpec) -> list[str]:
    """Return the parameters that were given to the model, but for its key and its server's address.

    How it answers (``answer``) is not among them, for a model may answer so without being given it.
    """
    given = masked(without_secrets(spec.parameters.get("llm", {})))
    return [f"llm.{key}={value}" for key, value in given.items() if key != "answer" and value != HIDDEN]


def _cannot_ask_both(name: str, registry: Registry, catalog: Catalog) -> str:
    able = [
        strategy
        for strategy, entry in strategies(registry, catalog).items()
        if "question" in catalog.parameters("organizer", entry.organizer)
    ]
    return f"{name} cannot ask both questions at once; --question both goes with {', '.join(able)}"


def _check_by_token(method: Method) -> None:
    """Refuse what one token cannot answer: grades, and draws that differ in nothing."""
    if method.grades:
        raise UsageError(
            f"{method.label} asks for grades, which --answer token cannot read; use --answer text"
        )
    samples = getattr(method.organizer.object, "samples", 1)
    most = (
        2 if "evidence" in method.organizer.object.gives else 1
    )  # the order of the evidence is all that differs
    if samples > most:
        raise UsageError(f"{method.label}: --answer token draws nothing, so --samples is at most {most} here")


def _check_taken(spec: RunSpec, methods: Sequence[Method]) -> None:
    """Refuse a parameter that no method's component takes; one that some take goes to those."""
    of_methods: Mapping[str, Mapping[str, Any]] = {
        stage: values for stage, values in spec.parameters.items() if stage not in {"dataset", "llm"}
    }
    for stage, values in of_methods.items():
        here = [one.reference for method in methods for one in method.components if one.stage == stage]
        taken = {key for reference in here for key in reference.parameters}
        for key in values:
            if key not in taken:
                raise UsageError(
                    f"{unknown(f'{stage} parameter', key, taken)} in {', '.join(spec.strategies)}"
                )


def _check_fit(method: Method) -> None:
    organizer: Organizer = method.organizer.object
    aggregator: Aggregator = method.aggregator.object
    if missing := aggregator.needs - organizer.gives:
        raise UsageError(
            f"{method.label}: {method.aggregator.name} needs {', '.join(sorted(missing))}, "
            f"which {method.organizer.name} does not give"
        )
