"""``run_suite()``: every cell of a suite that has no complete run yet, each for itself.

A cell that cannot be run does not stop the others; its reason stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core_harness.errors import HarnessError, UsageError
from core_harness.evaluation.running import estimate_spec, evaluate_spec, resume_run
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.llm import Estimate, Settings, Summary
from core_harness.registry.entries import SuiteEntry
from core_harness.runs.folder import Run, list_runs, open_run
from core_harness.suites.suite import Cell, cells, is_of, methods_meant, spec_of_cell

DRY_RUN = "dry run"
"""The reason of a cell that would be run."""


@dataclass(frozen=True, kw_only=True)
class CellState:
    """What became of a cell.

    Attributes
    ----------
    cell
        Which one.
    run
        Its run, complete or partial.
    estimate
        In a dry run, what the cell would ask and cost; None where it asks nothing.
    reason
        Why there is no complete run.
    """

    cell: Cell
    run: Run | None = None
    estimate: Estimate | None = None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, fit for JSON, with the metrics that the run wrote."""
        complete = self.run is not None and self.run.state == "complete"
        return {
            **asdict(self.cell),
            "run": None if self.run is None else str(self.run.folder),
            "estimate": None if self.estimate is None else self.estimate.as_dict(),
            "reason": self.reason,
            "report": self.run.report() if self.run is not None and complete else None,
        }


def run_suite(
    suite: SuiteEntry,
    session: Session,
    *,
    out: Path,
    model: str | None = None,
    parameters: Parameters | None = None,
    seed: int = 0,
) -> list[CellState]:
    """Run what has no complete run below ``out``, and continue what was cut off.

    Parameters
    ----------
    suite
        What is to be run.
    session
        Loads each dataset and the graph once for all cells. The limits of its settings are for all cells
        together.
    out
        Folder below which runs lie, and each new one gets a folder of its own.
    model, parameters
        The model that is asked, and its parameters by stage; without one, cells that ask are not run.
    seed
        Of every run.
    """
    runs = list_runs(out, notice=session.notice)
    left = session.settings

    def state_of(cell: Cell, spec: RunSpec) -> CellState:
        nonlocal left
        found = _found(spec, runs, session)
        if found is not None and found.state == "complete":
            return CellState(cell=cell, run=found)
        try:
            _refuse_to_ask(cell, model, left)
            limited = session.with_settings(left)
            if found is not None:
                result = resume_run(limited, found)
            else:
                (result,) = evaluate_spec(limited, spec, out=out)
        except HarnessError as error:
            return CellState(cell=cell, run=found, reason=str(error))
        left = left_of(left, result.asking)
        ended = None if result.asking is None else result.asking.ended
        run = None if result.run is None else open_run(result.run)
        return CellState(cell=cell, run=run, reason=ended and f"partial: {ended}")

    return _states(suite, state_of, model=model, parameters=parameters, seed=seed)


def estimate_suite(
    suite: SuiteEntry,
    session: Session,
    *,
    out: Path,
    model: str | None = None,
    parameters: Parameters | None = None,
    seed: int = 0,
) -> list[CellState]:
    """Return what :func:`run_suite` would ask and spend. Sends nothing and writes nothing."""
    runs = list_runs(out)

    def state_of(cell: Cell, spec: RunSpec) -> CellState:
        found = _found(spec, runs, session)
        if found is not None and found.state == "complete":
            return CellState(cell=cell, run=found)
        try:
            _refuse_to_ask(cell, model, Settings())
            (estimated,) = estimate_spec(session, spec).values() or (None,)
        except HarnessError as error:
            return CellState(cell=cell, run=found, reason=str(error))
        return CellState(cell=cell, run=found, estimate=estimated, reason=DRY_RUN)

    return _states(suite, state_of, model=model, parameters=parameters, seed=seed)


def _states(
    suite: SuiteEntry,
    state_of: Callable[[Cell, RunSpec], CellState],
    *,
    model: str | None,
    parameters: Parameters | None,
    seed: int,
) -> list[CellState]:
    """Return the state of each cell; one that fails leaves its reason, and the others go on."""
    states = []
    for cell in cells(suite, model):
        try:
            states.append(state_of(cell, spec_of_cell(suite, cell, seed=seed, parameters=parameters)))
        except HarnessError as error:
            states.append(CellState(cell=cell, reason=str(error)))
    return states


def _found(spec: RunSpec, runs: Sequence[Run], session: Session) -> Run | None:
    """Return the run of a spec: a complete one if there is."""
    methods = methods_meant(spec, session)
    of_spec = [run for run in runs if is_of(run, spec, methods, session)]
    return min(of_spec, key=lambda run: run.state != "complete", default=None)


def _refuse_to_ask(cell: Cell, model: str | None, left: Settings) -> None:
    """Raise UsageError where a cell that asks a model shall not be run now."""
    if cell.model is None:
        return
    if cell.model != model:
        raise UsageError(f"not asked; --model {cell.model} asks it")
    for limit in ("max_calls", "max_tokens", "max_cost"):
        if getattr(left, limit) == 0:
            raise UsageError(f"not asked: what --{limit.replace('_', '-')} allows is used up")


def left_of(settings: Settings, spent: Summary | None) -> Settings:
    """Return the settings with what is left of their limits."""
    if spent is None:
        return settings
    used = {
        "max_calls": spent.calls,
        "max_tokens": spent.charged_tokens,
        "max_cost": spent.cost or 0.0,
    }
    limits = {name: getattr(settings, name) for name in used}
    left = {name: max(0, limit - used[name]) for name, limit in limits.items() if limit is not None}
    return replace(settings, **left)
