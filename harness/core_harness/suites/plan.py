"""Plans of sweeps: lists of what differs, of which every combination is a cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from core_harness.data.splits import AWAY
from core_harness.errors import HarnessError, RegistryError, UsageError
from core_harness.evaluation.session import Session
from core_harness.plugins.component import Stage
from core_harness.plugins.strategies import strategy_named
from core_harness.registry.checked_toml import message_of, parse_entry
from core_harness.registry.entries import Entry, Scalar
from core_harness.suites.cell import Cell, CellState, state_of_cell
from core_harness.vocabulary import Control, ExecutorName, Only, Regime

Seed = Annotated[int, Field(ge=0)]
Parameters = dict[Stage, dict[str, Scalar]]


class SweepPlan(Entry):
    """A sweep: a grid of cells, how much they may spend together, and where they are run.

    Keys are those of ``core-harness eval``; lists in the plural are crossed.
    """

    datasets: Annotated[tuple[str, ...], Field(min_length=1)]
    strategies: Annotated[tuple[str, ...], Field(min_length=1)]
    """Run once a dataset or, where a strategy needs a model, with each of the models."""
    models: tuple[str, ...] = ()
    asking: tuple[str, ...] = ()
    """Strategies that are run with each of the models though they can do without, as ``voting-one-step``."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (0,)
    controls: Annotated[tuple[Control | Literal["none"], ...], Field(min_length=1)] = ("none",)
    control_seeds: Annotated[int, Field(gt=0)] = 20
    regimes: tuple[Regime, ...] = ()
    """Empty: the one that contexts and genes imply."""
    support_contexts: tuple[str, ...] = ()
    """Of the regimes that have some."""
    gene_holdout: float | None = None
    """Of the regime ``unseen-gene``."""
    only: Only | None = None
    limit: Annotated[int, Field(gt=0)] | None = None
    parameters: Parameters = Field(default_factory=dict)
    """Of components, by stage; each goes to the strategies that take it."""
    max_cost: Annotated[float, Field(ge=0)] | None = None
    max_calls: Annotated[int, Field(ge=0)] | None = None
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    executor: ExecutorName = "sequential"
    workers: Annotated[int, Field(gt=0)] | None = None
    dask_address: str | None = None


def read_plan(path: Path | None, given: Mapping[str, Any]) -> SweepPlan:
    """Return the plan of a TOML file, with what was ``given`` in place of its keys; parameters are added.

    Raises :class:`UsageError` for a file that cannot be read, a key that does not exist, and a value that
    does not fit, in one line with file, line and key.
    """
    written: dict[str, Any] = {}
    if path is not None:
        try:
            plan = parse_entry(SweepPlan, path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the plan {path} cannot be read: {error}") from None
        except RegistryError as error:
            raise UsageError(str(error)) from None
        written = plan.model_dump(exclude_unset=True)
    parameters = {stage: dict(values) for stage, values in written.get("parameters", {}).items()}
    for stage, values in given.get("parameters", {}).items():
        parameters[stage] = {**parameters.get(stage, {}), **values}
    try:
        return SweepPlan.model_validate({**written, **given, "parameters": parameters})
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-")
        if first["type"] == "missing":
            option = option.removesuffix("s") if option != "--strategies" else "--strategy"
            raise UsageError(f"no {option[2:]} was named; add {option} NAME, or name a plan") from None
        raise UsageError(f"{option}: {message_of(first)}") from None


def states_of(plan: SweepPlan, session: Session) -> list[CellState]:
    """Return the cells of a plan before anything is run, dataset by dataset.

    A combination that makes no sense is a cell with an error. Raises :class:`UsageError` for a model that no
    strategy asks, and for a parameter that no strategy takes.
    """
    taken: dict[Stage, set[str]] = {"dataset": {*plan.parameters.get("dataset", {})}, "llm": set()}
    states = []
    for cell in _cells(plan, session):
        try:
            parameters = _parameters(plan, cell, session)
        except HarnessError as error:
            states.append(CellState(cell=cell).failed(error))
            continue
        for stage, values in parameters.items():
            taken.setdefault(stage, set()).update(values)
        states.append(state_of_cell(cell, parameters=parameters, **_choices(plan, cell)))
    asked = {state.cell.model for state in states}
    if unasked := [model for model in plan.models if model not in asked]:
        raise UsageError(
            f"no strategy of the plan needs model {unasked[0]!r}; leave it out, or say in 'asking' what does"
        )
    for stage, values in plan.parameters.items():
        if strange := [name for name in values if name not in taken.get(stage, set())]:
            raise UsageError(f"no cell takes the {stage} parameter {strange[0]!r}; leave it out")
    return states


def _cells(plan: SweepPlan, session: Session) -> Iterator[Cell]:
    needy = {strategy for strategy in plan.strategies if _needs_model(strategy, session)}
    methods: list[tuple[str, str | None]] = []
    for strategy in plan.strategies:
        models = (plan.models or (None,)) if strategy in needy else (None,)
        methods += [(strategy, model) for model in models]
    methods += [(strategy, model) for strategy in plan.asking for model in plan.models]
    grid = product(plan.datasets, plan.regimes or (None,), methods, plan.controls, plan.seeds)
    for dataset, regime, (strategy, model), control, seed in dict.fromkeys(grid):
        yield Cell(
            dataset=dataset,
            strategy=strategy,
            model=model,
            regime=regime,
            control=None if control == "none" else control,
            seed=seed,
        )


def _needs_model(strategy: str, session: Session) -> bool:
    """Return whether a strategy cannot do without a model; False for one that does not exist."""
    try:
        entry = strategy_named(strategy, session.registry, session.components)
        given = entry.parameters.get("aggregator", {})
        needs = session.components.make("aggregator", entry.aggregator, given).object.needs
    except HarnessError:
        return False
    return "answers" in needs


def _parameters(plan: SweepPlan, cell: Cell, session: Session) -> Parameters:
    """Return the plan's parameters that a cell takes. Raises UsageError for an unknown strategy."""
    entry = strategy_named(cell.strategy, session.registry, session.components)
    taken: Parameters = {}
    for stage, values in plan.parameters.items():
        if stage == "dataset" or (stage == "llm" and cell.model is not None):
            taken[stage] = values
        elif stage != "llm":
            known = session.components.parameters(stage, getattr(entry, stage))
            taken[stage] = {name: value for name, value in values.items() if name in known}
    return {stage: values for stage, values in taken.items() if values}


def _choices(plan: SweepPlan, cell: Cell) -> dict[str, Any]:
    """Return what a spec says beside the names of its cell."""
    elsewhere = cell.regime is None or cell.regime in {"cross-context", *AWAY}
    genes = cell.regime in {None, "unseen-gene"}
    return {
        "support_contexts": plan.support_contexts if elsewhere else (),
        "gene_holdout": plan.gene_holdout if genes else None,
        "control_seeds": plan.control_seeds,
        "only": plan.only,
        "limit": plan.limit,
    }
