"""A board as tables for the terminal."""

from __future__ import annotations

from pathlib import Path

from core_harness.cli.output.tables import as_table, printable, stdout
from core_harness.leaderboard import Board
from core_harness.leaderboard.exports import heading, lines, mean_lines


def print_board(board: Board, out: Path) -> None:
    """Print the tables, what is missing from them, and where the site is."""
    console = stdout()
    console.print(f"[bold]{printable(heading(board))}[/bold]")
    if len(board.suite.datasets) > 1 and any(row.mean for row in board.rows):
        console.print(as_table(mean_lines(board)))
    for dataset in board.suite.datasets:
        console.print(f"[bold]{printable(dataset)}[/bold]")
        if rows := lines(board, dataset):
            console.print(as_table(rows))
        for reason, methods in board.not_run(dataset).items():
            said = f"not run: {', '.join(methods)} ({reason})"
            console.print(f"[dim]{printable(said)}[/dim]", soft_wrap=True)
    for apart in board.apart:
        said = f"unranked: {apart.run}: {apart.reason}"
        console.print(f"[dim]{printable(said)}[/dim]", soft_wrap=True)
    console.print(f"open {printable(str(out / 'index.html'))}", soft_wrap=True)
