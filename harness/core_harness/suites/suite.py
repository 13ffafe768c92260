"""Suites: which cells one has, and what a person would type to run a cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from core_harness.errors import HarnessError, UsageError, unknown
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.registry.entries import Registry, SuiteEntry
from core_harness.suites.cell import Cell, CellState, spec_of_cell, state_of_cell
from core_harness.suites.same_run import methods_meant, regime_of


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


def spec_of_suite(suite: SuiteEntry, cell: Cell) -> RunSpec:
    """Return what a person would ask for to run a cell, the parameters of a model left to its registry."""
    return spec_of_cell(cell, **_learning(suite))


def states_of(
    suite: SuiteEntry, *, model: str | None = None, parameters: Parameters | None = None, seed: int = 0
) -> list[CellState]:
    """Return the cells before anything is run; only ``model`` may be asked, with its ``parameters``."""
    states = []
    for cell in cells(suite, model):
        given = {} if cell.model is None or parameters is None else parameters
        state = state_of_cell(replace(cell, seed=seed), parameters=given, **_learning(suite))
        if cell.model is not None and cell.model != model and state.waits:
            state = replace(state, reason=f"not asked; --model {cell.model} asks it")
        states.append(state)
    return states


def _learning(suite: SuiteEntry) -> dict[str, Any]:
    """Return what methods may learn from, as a spec has it."""
    return {"support_contexts": suite.support_contexts, "gene_holdout": suite.gene_holdout}


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
        spec = spec_of_suite(suite, cell)
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
