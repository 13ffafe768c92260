"""Running a suite: what it lacks is made, as of any grid of cells (:mod:`core_harness.suites.grid`)."""

from __future__ import annotations

from pathlib import Path

from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters
from core_harness.registry.entries import SuiteEntry
from core_harness.suites.cell import CellState
from core_harness.suites.grid import estimated, found, run_cells
from core_harness.suites.suite import states_of


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
    states = states_of(suite, model=model, parameters=parameters, seed=seed)
    return run_cells(found(states, session, out), session, out=out)


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
    states = states_of(suite, model=model, parameters=parameters, seed=seed)
    return estimated(found(states, session, out), session)
