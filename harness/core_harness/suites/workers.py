"""What a worker does: it takes names and paths, runs one cell at a time, and returns the run's name.

A worker keeps one session for the cells that it is given, so datasets, graph and relations are made once in
each process.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import ExitStack, chdir
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from core_harness.errors import HarnessError
from core_harness.evaluation.session import Session
from core_harness.paths import cache_folder, data_folder
from core_harness.plugins.choice import choice, choosing
from core_harness.registry.entries import Registry
from core_harness.runs.folder import list_runs, open_run
from core_harness.suites.cell import CellState, run_of
from core_harness.suites.run_cell import run_cell

_ONE_AT_A_TIME = threading.Lock()
"""A worker of dask may have several threads; folder, environment and limits of threads are the process's."""

_LOOKS = 0.5
"""Seconds between two looks at whether the driver is still there."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What every cell of a sweep has in common, in plain types.

    Attributes
    ----------
    registry
        As JSON.
    plugin_files, without
        Plugins, as options chose them.
    folder
        Where relative paths begin.
    data, cache
        Folders of data and of what can be built again.
    out
        Folder of the runs.
    resamples
        Of the bootstrap.
    """

    registry: str
    plugin_files: tuple[str, ...]
    without: tuple[str, ...]
    folder: str
    data: str
    cache: str
    out: str
    resamples: int


def setup_of(session: Session, out: Path) -> Setup:
    """Return what workers need to do what a session would do here."""
    chosen = choice()
    return Setup(
        registry=session.registry.model_dump_json(exclude_defaults=True),
        plugin_files=tuple(map(str, chosen.files)),
        without=tuple(sorted(chosen.without)),
        folder=str(Path.cwd()),
        data=str(data_folder().absolute()),
        cache=str(cache_folder().absolute()),
        out=str(out),
        resamples=session.resamples,
    )


def run_elsewhere(setup: Setup, state: CellState) -> tuple[str | None, HarnessError | None, float | None]:
    """Run a cell that asks no model; return the name of its run, or its error, and the seconds it took.

    What a killed worker left behind is continued or, where it had come to its end, taken.
    """
    with _ONE_AT_A_TIME, ExitStack() as stack:
        try:
            stack.enter_context(chdir(setup.folder))
        except OSError as error:
            problem = f"a worker cannot enter {setup.folder}: {error.strerror}; workers need the same folders"
            return None, HarnessError(problem), None
        os.environ.update(CORE_HARNESS_DATA=setup.data, CORE_HARNESS_CACHE=setup.cache)
        stack.enter_context(choosing([Path(file) for file in setup.plugin_files], setup.without))
        ended = _run(state, _session(setup), Path(setup.out))
    return None if ended.run is None else ended.run.name, ended.error, ended.seconds


def ended_elsewhere(
    state: CellState, out: Path, name: str | None, error: HarnessError | None, seconds: float | None
) -> CellState:
    """Return the state of a cell by what a worker returned."""
    if error is not None or name is None:
        return state.failed(error or HarnessError("its worker wrote no run"), seconds)
    return replace(state, run=open_run(out / name), seconds=seconds)


def prepare_worker(driver: int) -> None:
    """Leave Ctrl-C to the driver, and end when that process does, whatever ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(driver,), daemon=True).start()


def _end_with(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(_LOOKS)
    os._exit(1)


@lru_cache(maxsize=1)
def _session(setup: Setup) -> Session:
    """Return the session of this process."""
    return Session(Registry.model_validate_json(setup.registry), resamples=setup.resamples)


def _run(state: CellState, session: Session, out: Path) -> CellState:
    if state.spec is None:
        return state
    try:
        known = replace(state, run=run_of(state.spec, list_runs(out), session))
    except HarnessError as error:
        return state.failed(error)
    return known if known.complete else run_cell(known, session, out)
