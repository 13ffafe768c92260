"""Running a grid of cells: what has no complete run yet, each cell for itself.

A cell that cannot be run does not stop the others; its reason stands in its place. Suites and sweeps are run
by this one engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from core_harness.errors import HarnessError
from core_harness.evaluation.running import estimate_spec
from core_harness.evaluation.session import Session
from core_harness.runs.folder import list_runs
from core_harness.suites.budget import left_of, spent_by, used_up
from core_harness.suites.cell import CellState, with_runs
from core_harness.suites.executors import Call, Where, hand_out, meanwhile, pool_of
from core_harness.suites.run_cell import run_cell
from core_harness.suites.workers import ended_elsewhere, run_elsewhere, setup_of

OnCell = Callable[[int, CellState | None], None]
"""Called with the place of a cell: with None when its run begins, with its state when it ends."""

HERE = Where()
"""The executor ``sequential``."""

_LOST = "its worker died each time that it was run: killed, or out of memory"


def found(states: Sequence[CellState], session: Session, out: Path) -> list[CellState]:
    """Return the cells with their runs below ``out``, complete or cut off."""
    return with_runs(states, list_runs(out, notice=session.notice), session)


def estimated(states: Sequence[CellState], session: Session) -> list[CellState]:
    """Return the cells with what those that wait would ask. Sends nothing and writes nothing.

    A prompt of several cells counts for the first of them: the others find its reply in the cache.
    """
    counted: set[str] = set()

    def of(state: CellState) -> CellState:
        if not state.waits or state.spec is None:
            return state
        try:
            (estimate,) = estimate_spec(session, state.spec, counted=counted).values() or (None,)
        except HarnessError as error:
            return state.failed(error)
        return replace(state, estimate=estimate)

    return [of(state) for state in states]


def run_cells(
    states: Sequence[CellState],
    session: Session,
    *,
    out: Path,
    where: Where = HERE,
    on_cell: OnCell = lambda *_: None,
) -> list[CellState]:
    """Run the cells that wait, and return the state of all.

    Cells that ask a model are run here, one after the other, whatever the executor: so one limit of the rate,
    one budget and one cache of replies serve them all, and no prompt is sent twice. The others are run by the
    executor at the same time.

    Parameters
    ----------
    states
        The cells, with the runs that were found.
    session
        The limits of its settings are for all cells together; what their runs have spent before counts.
    out
        Folder of the runs.
    where
        The executor of cells that ask no model.
    on_cell
        Called as cells begin and end, from two threads.

    Raises
    ------
    UsageError
        The executor cannot be used.
    """
    ended = list(states)

    def begin(at: int) -> None:
        on_cell(at, None)

    def end(at: int, state: CellState) -> None:
        ended[at] = state
        on_cell(at, state)

    waiting = [at for at, state in enumerate(states) if state.waits]
    elsewhere = [at for at in waiting if states[at].cell.model is None and where.executor != "sequential"]
    here = [at for at in waiting if at not in elsewhere]
    if not elsewhere:
        _run_here(here, states, session, out, begin=begin, end=end)
        return ended
    with pool_of(where) as pool:
        handing_out = partial(
            hand_out,
            elsewhere,
            pool,
            _calls(elsewhere, states, session, out),
            begun=begin,
            ended=lambda at, returned: end(at, ended_elsewhere(states[at], out, *returned)),
            lost=lambda at: end(at, states[at].failed(HarnessError(_LOST))),
        )
        with meanwhile(handing_out):
            _run_here(here, states, session, out, begin=begin, end=end)
    return ended


def _calls(
    places: Sequence[int], states: Sequence[CellState], session: Session, out: Path
) -> dict[int, Call]:
    """Return what a worker does for each cell: paths and names in, no more."""
    setup = setup_of(session, out)
    return {at: (run_elsewhere, setup, replace(states[at], run=None, estimate=None)) for at in places}


def _run_here(
    places: Sequence[int],
    states: Sequence[CellState],
    session: Session,
    out: Path,
    *,
    begin: Callable[[int], None],
    end: Callable[[int, CellState], None],
) -> None:
    """Run cells one after the other, within one budget."""
    price = session.settings.price
    spent = {at: spent_by(state.run, price) for at, state in enumerate(states) if state.cell.model}
    for at in places:
        asks = states[at].cell.model is not None
        known = (estimate := states[at].estimate) is not None and estimate.calls == 0
        left = left_of(session.settings, (amount for other, amount in spent.items() if other != at))
        if asks and not known and (option := used_up(left)):
            end(at, replace(states[at], reason=f"not asked: what {option} allows is used up"))
            continue
        begin(at)
        state = run_cell(states[at], session.with_settings(left), out)
        if asks:
            spent[at] = spent_by(state.run, price)
        end(at, state)
