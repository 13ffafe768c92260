"""Cells: the runs that a suite or a sweep wants, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core_harness.errors import HarnessError
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.llm import Estimate
from core_harness.runs.folder import Run
from core_harness.suites.same_run import is_of, methods_meant
from core_harness.vocabulary import Control, Regime


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One run of a grid, by the names that differ from cell to cell.

    ``regime`` is None where all cells are of the one that their contexts and genes imply.
    """

    dataset: str
    strategy: str
    model: str | None = None
    regime: Regime | None = None
    control: Control | None = None
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class CellState:
    """What became of a cell.

    Attributes
    ----------
    cell
        Which one.
    spec
        What is evaluated for it; None where it cannot be.
    run
        Its run, complete or partial.
    estimate
        What the cell would ask and cost, where that was estimated; None where it asks nothing.
    reason
        Why there is no complete run; None where there is, and where the cell waits to be run.
    error
        What the cell failed with; None where it did not.
    seconds
        What its run took just now.
    """

    cell: Cell
    spec: RunSpec | None = None
    run: Run | None = None
    estimate: Estimate | None = None
    reason: str | None = None
    error: HarnessError | None = None
    seconds: float | None = None

    @property
    def complete(self) -> bool:
        """Whether there is a complete run."""
        return self.run is not None and self.run.state == "complete"

    @property
    def waits(self) -> bool:
        """Whether it can be run, and has no complete run yet."""
        return self.spec is not None and self.reason is None and not self.complete

    def failed(self, error: HarnessError, seconds: float | None = None) -> CellState:
        """Return the state with what it failed with."""
        return replace(self, reason=str(error), error=error, seconds=seconds)

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, fit for JSON, with the metrics that the run wrote."""
        return {
            **asdict(self.cell),
            "run": None if self.run is None else str(self.run.folder),
            "estimate": None if self.estimate is None else self.estimate.as_dict(),
            "complete": self.complete,
            "reason": self.reason,
            "seconds": self.seconds,
            "report": self.run.report() if self.run is not None and self.complete else None,
        }


def spec_of_cell(cell: Cell, **choices: Any) -> RunSpec:
    """Return what is evaluated for a cell, with the other ``choices`` of its spec. Raises UsageError."""
    return RunSpec(
        dataset=cell.dataset,
        strategies=(cell.strategy,),
        model=cell.model,
        regime=cell.regime,
        control=cell.control,
        seed=cell.seed,
        **choices,
    )


def state_of_cell(cell: Cell, **choices: Any) -> CellState:
    """Return a cell that waits, or one with its error, where the choices do not fit each other."""
    try:
        return CellState(cell=cell, spec=spec_of_cell(cell, **choices))
    except HarnessError as error:
        return CellState(cell=cell).failed(error)


def with_runs(states: Iterable[CellState], runs: Sequence[Run], session: Session) -> list[CellState]:
    """Return the cells with those of the runs that are theirs; a complete one if there is."""
    return [_with_run(state, runs, session) for state in states]


def _with_run(state: CellState, runs: Sequence[Run], session: Session) -> CellState:
    if state.spec is None:
        return state
    try:
        found = run_of(state.spec, runs, session)
    except HarnessError as error:
        return state.failed(error)
    complete = found is not None and found.state == "complete"
    return replace(state, run=found, reason=None if complete else state.reason)


def run_of(spec: RunSpec, runs: Sequence[Run], session: Session) -> Run | None:
    """Return the run of a spec: a complete one if there is. Raises HarnessError for a spec that is none."""
    methods = methods_meant(spec, session)
    of_spec = [run for run in runs if is_of(run, spec, methods, session)]
    return min(of_spec, key=lambda run: run.state != "complete", default=None)
