"""Progress on stderr: a bar on a terminal, and notices, which are always printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from core_harness.evaluation.progress import Progress
from core_harness.text import plain, plain_lines


@contextmanager
def watching() -> Iterator[tuple[Progress, Callable[[str], None]]]:
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
        console.print(plain_lines(line), soft_wrap=True)

    if not console.is_terminal:
        yield (lambda *_: None), notice
        return
    with Bars(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("")

        def progress(what: str, done: int, total: int) -> None:
            bars.update(bar, description=plain(what), completed=done, total=total)

        yield progress, notice
