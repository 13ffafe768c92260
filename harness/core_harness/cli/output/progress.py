"""What is going on, on stderr: a progress bar for people who watch, and lines that everybody should see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core_harness.evaluation.progress import Progress as Tell


@contextmanager
def watching() -> Iterator[tuple[Tell, Callable[[str], None]]]:
    """Yield a function that shows how far the work is, and one that prints a line.

    The bar is drawn on a terminal only.
    """
    console = Console(stderr=True, highlight=False, markup=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )

    def notice(line: str) -> None:
        console.print(line, soft_wrap=True)

    if not console.is_terminal:
        yield (lambda *_: None), notice
        return
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("")

        def tell(what: str, done: int, total: int) -> None:
            bars.update(bar, description=what, completed=done, total=total)

        yield tell, notice
