"""Whether a run is the one that is asked for: by what names stand for now, not by names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core_harness.evaluation.methods import Method, make_methods
from core_harness.evaluation.models import model_routes
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.plugins.component import Instance
from core_harness.runs.folder import Run
from core_harness.vocabulary import Regime


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
    """Return whether a run is what ``spec`` asks for: method, graph, rows, regime, part, control and seed.

    ``methods`` are those of the spec. Names are not looked at: what they stand for may have changed, and so
    may the rows of a file. Raises HarnessError where data or graph cannot be read.
    """
    manifest = run.manifest
    part = (manifest.part, manifest.control, manifest.task.seed)
    if part != (spec.part, spec.control, spec.seed):
        return False
    if spec.control is not None and manifest.control_seeds != spec.control_seeds:
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
    if manifest.graph_sha256 != (None if graph is None else graph.digest):
        return False
    return manifest.dataset_sha256 == session.load(replace(spec, control=None)).digest
