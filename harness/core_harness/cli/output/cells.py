"""The cells of a suite or a sweep as a table: what is known of each, or what each would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from core_harness.cli.output.console import printable, stdout
from core_harness.errors import IncompleteError
from core_harness.llm import Estimate
from core_harness.sections import as_table
from core_harness.suites.cell import Cell, CellState
from core_harness.text import figure

FIGURE = "macro-per-gene AUROC [95 %]"

_NAMES = ("dataset", "strategy", "model")
"""Columns that are always shown; others are where cells differ in them."""


def print_cells(states: Sequence[CellState], *, dry_run: bool) -> None:
    """Print one row a cell, and below them why some have no complete run; of a dry run, what it comes to."""
    console = stdout()
    reasons = [state.reason for state in states if state.reason]
    notes = {reason: place for place, reason in enumerate(dict.fromkeys(reasons), start=1)}
    shown = columns_of([state.cell for state in states])
    console.print(as_table([_row(state, shown, notes, dry_run=dry_run) for state in states]))
    for reason, place in notes.items():
        console.print(f"[dim]({place}) {printable(reason)}[/dim]", soft_wrap=True)
    if dry_run:
        console.print(f"total: {total(states)}; nothing was sent", soft_wrap=True)


def ranked(states: Sequence[CellState]) -> list[CellState]:
    """Return the cells that were asked alike together, in the order of the grid, the best of them first."""
    groups = list(dict.fromkeys(asked_alike(state.cell) for state in states))

    def place(state: CellState) -> tuple[int, float]:
        metrics = state.run.report()["metrics"] if state.run is not None and state.complete else {}
        value = metrics.get("macro_gene_auroc", {}).get("value")
        return groups.index(asked_alike(state.cell)), float("inf") if value is None else -value

    return sorted(states, key=place)


def asked_alike(cell: Cell) -> tuple[object, ...]:
    """Return what cells share that differ in their method alone; another seed may ask about other pairs."""
    return cell.dataset, cell.regime, cell.control, cell.seed


def refuse_failed(states: Sequence[CellState]) -> None:
    """Raise :class:`IncompleteError` where cells failed, with the code of the first of them."""
    failed = [state for state in states if state.error is not None]
    if not failed or (first := failed[0]).error is None:
        return
    name = " ".join(one for one in names_of(first.cell, _NAMES).values() if one != "-")
    raise IncompleteError([], {f"{len(failed)} of {len(states)} cells failed, first {name}": first.error})


def columns_of(cells: Sequence[Cell]) -> list[str]:
    """Return the names by which cells are told apart."""
    rows = [asdict(cell) for cell in cells]
    return [name for name in rows[0] if name in _NAMES or len({row[name] for row in rows}) > 1]


def names_of(cell: Cell, columns: Sequence[str]) -> dict[str, str]:
    """Return the names of a cell as the cells of a table."""
    row = asdict(cell)
    return {name: "-" if row[name] is None else str(row[name]) for name in columns}


def total(states: Sequence[CellState]) -> str:
    """Return what all cells together would ask and cost."""
    estimates = [state.estimate for state in states if state.estimate is not None]
    costs = [estimate.cost for estimate in estimates if estimate.cost is not None]
    bounds = [estimate.cost_bound for estimate in estimates if estimate.cost_bound is not None]
    calls = sum(estimate.calls for estimate in estimates)
    tokens = sum(estimate.prompt_tokens + estimate.completion_tokens for estimate in estimates)
    unpriced = len(estimates) - len(costs)
    unknown = f", and {unpriced} cells whose price is not known" if unpriced else ""
    return (
        f"{calls:,} calls, about {tokens:,} tokens, about ${sum(costs):,.4f}, at most ${sum(bounds):,.4f}"
        f"{unknown}; prompts that several cells share are counted once"
    )


def figure_of(state: CellState) -> str:
    """Return the figure of a complete run; a dash for any other."""
    if state.run is None or not state.complete:
        return "-"
    return figure(state.run.report()["metrics"]["macro_gene_auroc"])


def _row(
    state: CellState, columns: Sequence[str], notes: Mapping[str, int], *, dry_run: bool
) -> dict[str, str]:
    said = figure_of(state)
    if state.reason is not None:
        said = f"{'not run' if state.run is None else 'not complete'} ({notes[state.reason]})"
    run = {"run": "-" if state.run is None else state.run.name}
    return {
        **names_of(state.cell, columns),
        FIGURE: said,
        **(_estimated(state.estimate) if dry_run else run),
    }


def _estimated(estimate: Estimate | None) -> dict[str, str]:
    if estimate is None:
        return dict.fromkeys(("calls", "prompt tokens", "generated at most", "cost", "cost at most"), "-")
    costs = ["unknown" if cost is None else f"${cost:,.2f}" for cost in (estimate.cost, estimate.cost_bound)]
    return {
        "calls": f"{estimate.calls:,}",
        "prompt tokens": f"{estimate.prompt_tokens:,}",
        "generated at most": f"{estimate.completion_tokens:,}",
        "cost": costs[0],
        "cost at most": costs[1],
    }
