"""``core-harness runs``."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.group("runs")
def runs_group() -> None:
    """Look at runs that were made."""


@runs_group.command("list")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder that holds the runs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_command(*, folder: Path, as_json: bool) -> None:
    """List the runs of a folder, oldest first."""
    from core_harness.cli.tables import print_runs
    from core_harness.runs import list_runs

    runs = list_runs(folder)
    if as_json:
        listing = [{"name": run.name, **run.manifest} for run in runs]
        click.echo(json.dumps({"schema_version": 1, "runs": listing}, indent=2))
    elif runs:
        print_runs(runs)
    else:
        click.echo(f"No runs in {folder}. `core-harness eval` makes one.", err=True)


@runs_group.command("show")
@click.argument("run")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder that holds the runs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show_command(*, run: str, folder: Path, as_json: bool) -> None:
    """Show one run: what was done, with what, and every metric. RUN is a name, or a path."""
    from core_harness.cli.genes import print_genes
    from core_harness.cli.tables import print_run
    from core_harness.runs import find_run

    opened = find_run(run, folder)
    if as_json:
        report = opened.report() if opened.state == "complete" else None
        click.echo(json.dumps({"schema_version": 1, "run": opened.manifest, "report": report}, indent=2))
    else:
        print_run(opened)
        if opened.state == "complete":
            print_genes(opened)
