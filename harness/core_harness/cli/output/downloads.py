"""Downloads: the question before them, their progress, and sizes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from core_harness.data.sources.download import Progress
    from core_harness.registry.entries import SourceEntry


@contextmanager
def watching_download() -> Iterator[Progress]:
    """Yield a function that shows how much of a download is there; silent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("")

        def progress(what: str, done: int, total: int) -> None:
            bars.update(bar, description=what, completed=done, total=total)

        yield progress


def accept(wanted: Sequence[SourceEntry], folder: Path) -> None:
    """Show size and licences and go on only with a yes."""
    from core_harness.errors import UsageError

    total = sum(source.megabytes for source in wanted)
    if not sys.stdin.isatty():
        licences = "; ".join(f"{source.name}: {source.licence}, {source.terms}" for source in wanted)
        raise UsageError(
            f"about {total:.0f} MB would be downloaded to {folder}, each source under its own licence "
            f"({licences}); read them, and pass --yes to accept"
        )
    for source in wanted:
        click.echo(
            f"{source.name}: {source.summary}; {source.release}; about {source.megabytes:g} MB", err=True
        )
        click.echo(f"    licence: {source.licence}  {source.terms}", err=True)
    click.confirm(f"Download about {total:.0f} MB to {folder} under these licences?", abort=True, err=True)


def size(number: int) -> str:
    """Return bytes as text."""
    return f"{number / 1e6:.1f} MB" if number >= 1e5 else f"{number / 1e3:.1f} kB"
