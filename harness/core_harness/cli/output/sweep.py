"""A sweep on stderr: a live table on a terminal, else a line for each cell that ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from core_harness.cli.output.cells import FIGURE, columns_of, figure_of, names_of, total
from core_harness.evaluation.progress import Progress
from core_harness.sections import as_table
from core_harness.suites.cell import CellState
from core_harness.suites.grid import OnCell
from core_harness.text import plain, plain_lines

_AROUND = 6
"""Lines of a terminal that the table leaves to what is above and below it."""


class Watched(NamedTuple):
    """What is called while a sweep runs: about steps, with lines for people, about cells."""

    tell: Progress
    notice: Callable[[str], None]
    cells: Callable[[Sequence[CellState]], OnCell]


@contextmanager
def watching_cells() -> Iterator[Watched]:
    """Yield what shows how far a sweep is; ``cells`` starts the table of some cells."""
    console = Console(stderr=True, highlight=False, markup=False)

    def notice(line: str) -> None:
        console.print(plain_lines(line), soft_wrap=True)

    if not console.is_terminal:
        yield Watched(lambda *_: None, notice, lambda states: _lines(states, notice))
        return
    screen = _Screen(console)
    with Live(console=console, get_renderable=screen.shown, transient=True, refresh_per_second=4):
        yield Watched(screen.tell, notice, screen.cells)


def summary(states: Sequence[CellState]) -> str:
    """Return on one line what a sweep is going to do."""
    complete, waiting = (sum(one) for one in ((s.complete for s in states), (s.waits for s in states)))
    rest = len(states) - complete - waiting
    failing = f", {rest} that cannot be run" if rest else ""
    asking = f"; {total(states)}" if any(state.estimate is not None for state in states) else ""
    return f"{len(states)} cells: {complete} complete, {waiting} to run{failing}{asking}"


def _lines(states: Sequence[CellState], notice: Callable[[str], None]) -> OnCell:
    """Return what prints a line for each cell that ends."""
    columns = columns_of([state.cell for state in states])
    waiting = sum(state.waits for state in states)
    ended = 0

    def on_cell(at: int, state: CellState | None) -> None:
        nonlocal ended
        if state is not None:
            ended += 1
            name = " ".join(one for one in names_of(states[at].cell, columns).values() if one != "-")
            notice(f"[{ended}/{waiting}] {name}: {state.reason or figure_of(state)}{_took(state.seconds)}")

    return on_cell


class _Screen:
    """The live table: what it holds changes while it is drawn."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._states: list[CellState] = []
        self._begun: dict[int, float] = {}
        self._step = ""

    def tell(self, what: str, done: int, total: int) -> None:
        """Show a step of what is done in this process."""
        self._step = f"{plain(what)}: {done:,} of {total:,}"

    def cells(self, states: Sequence[CellState]) -> OnCell:
        """Show these cells, and return what changes them."""
        self._states = list(states)

        def on_cell(at: int, state: CellState | None) -> None:
            if state is None:
                self._begun[at] = time.monotonic()
            else:
                self._begun.pop(at, None)
                self._states[at] = state

        return on_cell

    def shown(self) -> Group:
        """Return the table as it is now."""
        step = Text(self._step, style="dim")
        if not self._states:
            return Group(step)
        columns = columns_of([state.cell for state in self._states])
        rows = [self._row(at, columns) for at in self._places()]
        done = sum(not state.waits for state in self._states)
        return Group(as_table(rows), Text(f"{done} of {len(self._states)} cells ended"), step)

    def _places(self) -> list[int]:
        """Return the cells that are shown: all, or where the terminal is too low, first those that run."""
        places = range(len(self._states))
        room = max(1, self._console.height - _AROUND)
        if len(self._states) <= room:
            return list(places)
        order = sorted(places, key=lambda at: (at not in self._begun, not self._states[at].waits, at))
        return sorted(order[:room])

    def _row(self, at: int, columns: Sequence[str]) -> dict[str, str]:
        state, begun = self._states[at], self._begun.get(at)
        seconds = state.seconds if begun is None else time.monotonic() - begun
        return {
            **names_of(state.cell, columns),
            "state": _state(state, running=begun is not None),
            "seconds": "-" if seconds is None else f"{seconds:.1f}",
            FIGURE: figure_of(state),
        }


def _state(state: CellState, *, running: bool) -> str:
    if running:
        return "running"
    if state.error is not None:
        return f"failed: {state.reason}"
    if state.reason is not None:
        return state.reason
    return "complete" if state.complete else "waiting"


def _took(seconds: float | None) -> str:
    return "" if seconds is None else f" ({seconds:.1f} s)"
