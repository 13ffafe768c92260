"""Suites: which cells one has, and what a person would type to run a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core_harness.errors import HarnessError, UsageError, unknown
from core_harness.evaluation.methods import Method, make_methods
from core_harness.evaluation.models import model_routes
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.plugins.component import Instance
from core_harness.registry.entries import Registry, SuiteEntry
from core_harness.runs.folder import Run
from core_harness.vocabulary import Regime


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One run of a suite: a strategy, with a model or without one, on a dataset."""

    dataset: str
    strategy: str
    model: str | None


def suite_named(name: str, registry: Registry) -> SuiteEntry:
    """Return the suite of that name. Raises :class:`~core_harness.errors.UsageError`."""
    if name not in registry.suites:
        raise UsageError(unknown("suite", name, registry.suites))
    return registry.suites[name]


def cells(suite: SuiteEntry, model: str | None = None) -> list[Cell]:
    """Return the cells dataset by dataset; ``model`` is one that is asked beside the suite's own."""
    models = dict.fromkeys((*suite.models, *((model,) if model is not None and suite.asking else ())))
    methods: list[tuple[str, str | None]] = [(strategy, None) for strategy in suite.strategies]
    methods += [(strategy, asked) for asked in models for strategy in suite.asking]
    return [
        Cell(dataset=dataset, strategy=strategy, model=asked)
        for dataset in suite.datasets
        for strategy, asked in methods
    ]


def spec_of_cell(
    suite: SuiteEntry, cell: Cell, *, seed: int = 0, parameters: Parameters | None = None
) -> RunSpec:
    """Return what a person would ask for to run a cell; ``parameters`` are those of the model."""
    return RunSpec(
        dataset=cell.dataset,
        strategies=(cell.strategy,),
        model=cell.model,
        parameters={} if cell.model is None or parameters is None else parameters,
        support_contexts=suite.support_contexts,
        gene_holdout=suite.gene_holdout,
        seed=seed,
    )


@dataclass(frozen=True, kw_only=True)
class SuiteMethod:
    """A method of a suite, by its names, and by what these stand for now.

    Attributes
    ----------
    strategy, model
        The names.
    identities
        Of the runs that are of it; empty where a component is not installed.
    is_reference
        Whether runs are compared with it.
    """

    strategy: str
    model: str | None
    identities: frozenset[str]
    is_reference: bool


def methods_of(suite: SuiteEntry, session: Session) -> list[SuiteMethod]:
    """Return the methods of a suite."""
    of_one = suite.model_copy(update={"datasets": suite.datasets[:1]})
    methods = []
    for cell in cells(of_one):
        spec = spec_of_cell(suite, cell)
        try:
            made = methods_meant(spec, session)
            identities = frozenset(one.reference.identity(*regime_of(spec)) for one in made)
        except HarnessError:
            identities = frozenset()
        is_reference = cell.model is None and cell.strategy == suite.reference
        methods.append(
            SuiteMethod(
                strategy=cell.strategy, model=cell.model, identities=identities, is_reference=is_reference
            )
        )
    return methods


def regime_of(spec: RunSpec) -> tuple[Regime, tuple[str, ...], float | None]:
    """Return what a method may learn from, as the identity of a run has it."""
    return spec.effective_regime, tuple(sorted(spec.support_contexts)), spec.gene_holdout


def methods_meant(spec: RunSpec, session: Session) -> list[Method]:
    """Return the methods that a spec may mean: one, or one for each way to ask its model.

    An alias has several ways, of which the first whose key is set is taken; a run that was made by another
    of them is of the same spec. No key is needed here.
    """
    registry, components = session.registry, session.components
    routes = model_routes(spec, registry, components)
    models: list[Instance | None] = [
        components.make("llm", component, parameters) for _, component, parameters in routes
    ]
    return [
        method
        for model in models or [None]
        for method in make_methods(spec, registry, components, model=model)
    ]


def is_of(run: Run, spec: RunSpec, methods: Sequence[Method], session: Session) -> bool:
    """Return whether a run is what ``spec`` asks for: method, graph, dataset, regime, part, control and seed.

    ``methods`` are those of the spec. Names are not looked at: what they stand for may have changed.
    """
    manifest = run.manifest
    part = (manifest.part, manifest.control, manifest.task.seed)
    if part != (spec.part, spec.control, spec.seed):
        return False
    dataset = session.dataset(spec)
    now = dataset.reference
    if not manifest.dataset.is_made_as(now) or manifest.dataset.version != now.version:
        return False
    regime = regime_of(spec)
    method = next((one for one in methods if one.reference.identity(*regime) == manifest.identity), None)
    if method is None:
        return False
    graph = session.graph_of(dataset, method)
    return manifest.graph_sha256 == (None if graph is None else graph.digest)
