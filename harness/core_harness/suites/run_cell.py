"""Running one cell, in the process of a sweep or in one of its workers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from core_harness.errors import BusyError, HarnessError
from core_harness.evaluation.result import Result
from core_harness.evaluation.running import evaluate_spec, resume_run
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.runs.folder import Run, list_runs, open_run
from core_harness.suites.cell import CellState, run_of


def run_cell(state: CellState, session: Session, out: Path) -> CellState:
    """Evaluate a cell that waits, in a run folder below ``out``; a run of it that was cut off is continued.

    What a user can mend is not raised: it is the cell's error.
    """
    if state.spec is None:
        return state
    begun = time.monotonic()
    try:
        result = _result(state.spec, state.run, session, out)
        run = None if result.run is None else open_run(result.run)
    except HarnessError as error:
        left = replace(state, run=_left_behind(state.spec, session, out))
        return left.failed(error, time.monotonic() - begun)
    ended = None if result.asking is None else result.asking.ended
    return replace(state, run=run, reason=ended and f"partial: {ended}", seconds=time.monotonic() - begun)


def _result(spec: RunSpec, run: Run | None, session: Session, out: Path) -> Result:
    if run is not None:
        try:
            return resume_run(session, run)
        except BusyError:
            if spec.model is not None:
                raise
            # a worker that outlived its sweep may write it still; without calls a second run costs nothing
    (result,) = evaluate_spec(session, spec, out=out)
    return result


def _left_behind(spec: RunSpec, session: Session, out: Path) -> Run | None:
    """Return the run of a cell that failed, whose replies were paid for."""
    if spec.model is None:
        return None
    try:
        return run_of(spec, list_runs(out), session)
    except HarnessError:
        return None
