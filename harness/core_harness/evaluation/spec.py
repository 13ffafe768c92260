"""From what a person asked for to checked components: names, overrides, parameters, and whether they fit."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from core_harness.errors import UsageError, unknown
from core_harness.evidence.controls import CONTROLS, SEEDS
from core_harness.plugins.catalog import Catalog, Made
from core_harness.plugins.component import STAGES, Stage
from core_harness.plugins.protocols import Aggregator, AskingOrganizer, Organizer, UsesKnowledge
from core_harness.prompts import Template
from core_harness.registry.entries import Registry, Route, StrategyStage
from core_harness.schemas import Need
from core_harness.vocabulary import Control, Only, Regime

Parameters = Mapping[Stage, Mapping[str, Any]]

DEFAULT_DATASET = "simulated"
DEFAULT_STRATEGIES = ("gene-frequency", "voting")


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """What a person asked for, in the words of the command line.

    Attributes
    ----------
    dataset
        A name of the registry, a dataset component, or ``table:PATH``.
    strategies
        Names of the registry, each of which makes one run.
    model
        An alias of the registry, a litellm name such as ``provider/model``, or an llm component.
    retriever, organizer, aggregator
        Put another component at that stage of every strategy.
    parameters
        Parameters of components, by stage.
    regime
        What methods may learn from; None is what the two next fields imply, ``strict`` without them.
    support_contexts
        Other contexts that join the support (``cross-context``).
    gene_holdout
        Share of the genes that leave the support and are asked about (``double-unseen``).
    control, limit, only, seed
        See :mod:`core_harness.evidence.controls` and :mod:`core_harness.data.splits`.
    control_seeds
        Over how many seeds a control that draws is run.
    """

    dataset: str = DEFAULT_DATASET
    strategies: Sequence[str] = DEFAULT_STRATEGIES
    model: str | None = None
    retriever: str | None = None
    organizer: str | None = None
    aggregator: str | None = None
    parameters: Parameters = field(default_factory=dict)
    regime: Regime | None = None
    support_contexts: Sequence[str] = ()
    gene_holdout: float | None = None
    control: Control | None = None
    limit: int | None = None
    only: Only | None = None
    seed: int = 0
    control_seeds: int = SEEDS

    def __post_init__(self) -> None:
        _one_of("regime", self.regime, (None, *get_args(Regime)))
        _one_of("control", self.control, (None, *CONTROLS))
        _one_of("part", self.only, (None, *get_args(Only)))
        if not self.strategies:
            raise UsageError("no strategy was named")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"limit is {self.limit}; it counts pairs, so it is at least 1")
        if self.control_seeds < 2:
            raise UsageError(f"control seeds is {self.control_seeds}; a mean and its interval need 2 or more")
        if self.seed < 0:
            raise UsageError(f"seed is {self.seed}; it is a whole number from 0 on")
        if self.gene_holdout is not None and not 0 < self.gene_holdout < 1:
            raise UsageError(f"gene holdout is {self.gene_holdout}; it is a share between 0 and 1")
        if self.regime not in {None, self.effective_regime}:
            needs = {"cross-context": "--support-contexts", "double-unseen": "--gene-holdout"}
            asked = self.regime or ""
            raise UsageError(
                f"regime {asked!r} needs {needs[asked]}"
                if asked in needs and self.effective_regime == "strict"
                else f"regime {asked!r} does not go with {needs[self.effective_regime]}; leave one out"
            )

    @property
    def effective_regime(self) -> Regime:
        """The regime that the fields amount to. Raises :class:`UsageError` where they exclude each other."""
        if self.support_contexts and self.gene_holdout is not None:
            raise UsageError("--support-contexts and --gene-holdout are two regimes; choose one")
        if self.support_contexts:
            return "cross-context"
        return "strict" if self.gene_holdout is None else "double-unseen"


@dataclass(frozen=True, kw_only=True)
class Method:
    """A strategy with its components made: one run.

    ``label`` is the strategy's name, and in brackets whatever was set otherwise.
    """

    label: str
    strategy: str
    retriever: Made
    organizer: Made
    llm: Made | None = None
    aggregator: Made

    @property
    def components(self) -> tuple[Made, ...]:
        """The components in the order in which data pass them."""
        made = (self.retriever, self.organizer, self.llm, self.aggregator)
        return tuple(component for component in made if component is not None)

    @property
    def asks(self) -> bool:
        """Whether a model is asked."""
        return self.llm is not None

    @property
    def grades(self) -> bool:
        """Whether the model grades neighbours, by which evidence is weighed, and answers no question."""
        return self.asks and "grades" in self.organizer.object.gives

    @property
    def tells_facts(self) -> bool:
        """Whether its prompts hold facts of the knowledge graph."""
        return self.asks and self.organizer.object.facts > 0

    @property
    def templates(self) -> Sequence[Template]:
        """Templates that its prompts are written with."""
        organizer = self.organizer.object
        return organizer.templates() if self.asks and isinstance(organizer, AskingOrganizer) else ()

    @property
    def reads_knowledge(self) -> bool:
        """Whether any component, or any prompt, is made from the knowledge graph."""
        return self.tells_facts or any(isinstance(made.object, UsesKnowledge) for made in self.components)


def make_dataset(spec: RunSpec, registry: Registry, catalog: Catalog) -> Made:
    """Return the dataset component that ``spec.dataset`` names. Raises :class:`UsageError`."""
    name, _, path = spec.dataset.partition(":")
    given = dict(spec.parameters.get("dataset", {}))
    if path:
        return catalog.make("dataset", name, {"path": path, **given})
    if entry := registry.datasets.get(name):
        return catalog.make("dataset", entry.component, {**entry.parameters, **given})
    if name in catalog.names("dataset"):
        return catalog.make("dataset", name, given)
    raise UsageError(unknown("dataset", spec.dataset, {*registry.datasets, "table:PATH"}))


def make_methods(spec: RunSpec, registry: Registry, catalog: Catalog) -> list[Method]:
    """Return the methods that ``spec`` names, in its order.

    Raises :class:`UsageError` for an unknown name, a parameter that no component takes, components
    that do not fit each other, or two methods that are the same.
    """
    model = make_model(spec, registry, catalog)
    methods = _share([_make_method(name, spec, registry, catalog, model=model) for name in spec.strategies])
    if model is not None and not any(method.asks for method in methods):
        raise UsageError(f"{', '.join(spec.strategies)} asks no model; leave out --model, or add reasoning")
    _check_taken(spec, methods)
    labels = [method.label for method in methods]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise UsageError(f"asked for twice: {', '.join(sorted(twice))}")
    return methods


def make_model(spec: RunSpec, registry: Registry, catalog: Catalog) -> Made | None:
    """Return the llm that ``spec.model`` names, or None where it names none.

    An alias becomes the first of its routes whose key is set; with an address of one's own
    (``llm.api_base``), simply the first. Raises :class:`UsageError`. Sends nothing.
    """
    if spec.model is None:
        return None
    given = dict(spec.parameters.get("llm", {}))
    if spec.model in catalog.names("llm"):
        return catalog.make("llm", spec.model, given)
    if (entry := registry.models.get(spec.model)) is None:
        return catalog.make("llm", registry.llm, {"model": spec.model, **given})
    routes = entry.routes[:1] if "api_base" in given else entry.routes
    for route in routes:
        if route.key is None or os.environ.get(route.key):
            said = _of_route(route, elsewhere="api_base" in given)
            return catalog.make("llm", registry.llm, said | entry.parameters | given)
    keys = " or ".join(str(route.key) for route in routes)
    raise UsageError(f"model {spec.model!r} needs {keys} in the environment; nothing was sent")


def _of_route(route: Route, *, elsewhere: bool) -> dict[str, Any]:
    """Return what a route says to the llm; its price holds at its own address only."""
    said = {"model": route.model, "api_base": route.api_base, "key_variable": route.key}
    known: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if route.price is not None and not elsewhere:
        known["price"] = route.price.model_dump()
    return known


def parse_parameters(assignments: Sequence[str]) -> Parameters:
    """Return ``stage.name=value`` assignments by stage. Raises :class:`UsageError`."""
    parsed: dict[Stage, dict[str, str]] = {}
    for assignment in assignments:
        target, equals, value = assignment.partition("=")
        stage, dot, key = target.strip().partition(".")
        if not (equals and dot and key):
            raise UsageError(f"-p {assignment!r} is not STAGE.NAME=VALUE, e.g. -p aggregator.shrinkage=2")
        if stage not in STAGES:
            raise UsageError(unknown("stage", stage, STAGES) + f" in -p {assignment!r}")
        parsed.setdefault(stage, {})[key] = value.strip()
    return parsed


def _make_method(
    name: str, spec: RunSpec, registry: Registry, catalog: Catalog, *, model: Made | None
) -> Method:
    if name not in registry.strategies:
        raise UsageError(unknown("strategy", name, registry.strategies))
    entry = registry.strategies[name]
    stages: dict[StrategyStage, tuple[str, str | None]] = {
        "retriever": (entry.retriever, spec.retriever),
        "organizer": (entry.organizer, spec.organizer),
        "aggregator": (entry.aggregator, spec.aggregator),
    }
    changes = []
    made: dict[str, Made] = {}
    for stage, (usual, wanted) in stages.items():
        component = wanted or usual
        values: dict[str, Any] = {}
        if component == usual:  # a strategy's own parameters belong to its own components
            values.update(entry.parameters.get(stage, {}))
        else:
            changes.append(f"{stage}={component}")
        known = catalog.parameters(stage, component)
        given = {key: value for key, value in spec.parameters.get(stage, {}).items() if key in known}
        changes += [f"{stage}.{key}={value}" for key, value in given.items()]
        made[stage] = catalog.make(stage, component, values | given)
    method = Method(label=f"{name}[{','.join(changes)}]" if changes else name, strategy=name, **made)
    _check_fit(method)
    gives: frozenset[Need] = method.organizer.object.gives
    if "answers" not in method.aggregator.object.needs:
        return replace(method, llm=model) if "grades" in gives else method
    if model is None:
        raise UsageError(f"{name} asks a model; name one with --model, e.g. --model qwen")
    return replace(method, llm=model)


def _share(methods: Sequence[Method]) -> list[Method]:
    """Give equal retrievers one object, so that what one method made it compute serves the others."""
    first: dict[str, Made] = {}
    return [
        replace(method, retriever=first.setdefault(repr(method.retriever.identity), method.retriever))
        for method in methods
    ]


def _check_taken(spec: RunSpec, methods: Sequence[Method]) -> None:
    """Refuse a parameter that no method's component takes; one that some take goes to those."""
    for stage, values in spec.parameters.items():
        if stage in {"dataset", "llm"}:
            continue
        here = (made.identity for m in methods for made in m.components if made.identity.stage == stage)
        taken = {key for identity in here for key in identity.parameters}
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
            f"{method.label}: aggregator {method.aggregator.identity.name!r} needs "
            f"{', '.join(sorted(missing))}, which organizer {method.organizer.identity.name!r} does not give"
        )


def _one_of(kind: str, value: object, known: Sequence[object]) -> None:
    if value not in known:
        raise UsageError(unknown(kind, str(value), [str(k) for k in known if k is not None]))
