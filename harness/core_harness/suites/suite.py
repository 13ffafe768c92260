"""Suites: which cells one has, and what a person would type to run a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core_harness.errors import UsageError, unknown
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.registry.entries import Registry, SuiteEntry
from core_harness.runs.folder import Run


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


def spec_of(suite: SuiteEntry, cell: Cell, *, seed: int = 0, parameters: Parameters | None = None) -> RunSpec:
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


def is_of(run: Run, spec: RunSpec) -> bool:
    """Return whether a run is what ``spec`` asks for, in every choice."""
    made = run.manifest.get("spec")
    if not isinstance(made, Mapping):
        return False
    usual = asdict(RunSpec())  # an earlier program had fewer choices
    return _choices({**usual, **made, "model": run.manifest.get("model")}) == _choices(asdict(spec))


def _choices(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a spec in the types of JSON, without the regime, which its other choices say."""
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in spec.items()}
    return {key: value for key, value in plain.items() if key != "regime"}
