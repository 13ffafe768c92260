"""A board as tables for the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from core_harness.cli.output.console import printable, stdout
from core_harness.leaderboard import Board
from core_harness.leaderboard.exports import heading, lines, mean_lines
from core_harness.sections import as_table


def print_board(board: Board, out: Path) -> None:
    """Print the tables, what is missing from them, and where the site is."""
    console = stdout()
    console.print(f"[bold]{printable(heading(board))}[/bold]")
    if board.has_means:
        console.print(means_table(board))
    for dataset in board.suite.datasets:
        console.print(f"[bold]{printable(dataset)}[/bold]")
        if (table := dataset_table(board, dataset)) is not None:
            console.print(table)
        for reason, methods in board.not_run(dataset).items():
            sentence = f"not run: {', '.join(methods)} ({reason})"
            console.print(f"[dim]{printable(sentence)}[/dim]", soft_wrap=True)
    for run in board.unranked:
        sentence = f"unranked: {run.run}: {run.reason}"
        console.print(f"[dim]{printable(sentence)}[/dim]", soft_wrap=True)
    console.print(f"open {printable(str(out / 'index.html'))}", soft_wrap=True)


def means_table(board: Board) -> Table:
    """Return the means over all datasets, one line a method."""
    return as_table(mean_lines(board))


def dataset_table(board: Board, dataset: str) -> Table | None:
    """Return the runs on a dataset, best first; None where there are none."""
    rows = lines(board, dataset)
    return as_table(rows) if rows else None
