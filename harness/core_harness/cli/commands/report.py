"""``core-harness report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options.forms import folder_option
from core_harness.cli.options.registry import registry_options

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("report")
@click.argument("runs", nargs=-1, required=True)
@folder_option
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("report.html"),
    show_default=True,
    help="File that receives the page; only an earlier page is replaced.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in a browser.")
@registry_options
def report_command(
    *, runs: tuple[str, ...], folder: Path, out: Path, open_page: bool, registry: Registry
) -> None:
    """Write RUNS (names, or paths) as one page: verdict, figures, evidence, prompts and replies.

    The page is one file that needs no network. It holds labels of the dataset, prompts and replies: look at
    the licence of the data before you pass it on.
    """
    import webbrowser

    from core_harness.cli.output.progress import watching
    from core_harness.evaluation.session import Session
    from core_harness.pages.report import report
    from core_harness.runs.folder import find_run

    opened = [find_run(name, folder) for name in runs]
    with watching() as (progress, notice):
        page = report(opened, Session(registry, progress=progress, notice=notice))
        page.write(out)
    click.echo(out)
    if open_page and not webbrowser.open(out.resolve().as_uri()):
        click.echo(f"no browser was found; open {out} in one", err=True)
