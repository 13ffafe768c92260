"""``core-harness runs``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options.forms import folder_option, form_option, json_option, plot_option
from core_harness.cli.options.registry import registry_options

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry
    from core_harness.runs.folder import Run


@click.group("runs")
def runs_group() -> None:
    """List and show runs."""


@runs_group.command("list")
@folder_option
@form_option
def list_command(*, folder: Path, form: str) -> None:
    """List the runs of a folder, oldest first."""
    from core_harness.cli.output.run_rows import flat_runs
    from core_harness.cli.output.tables import print_runs
    from core_harness.runs.folder import list_runs
    from core_harness.text import as_csv, as_markdown

    runs = _readable(list_runs(folder, notice=_notice))
    if missing := sum(run.state == "complete" and not run.has_report for run in runs):
        _notice(f"{missing} without figures on file, as results that were handed in; `runs show` makes them")
    if form == "json":
        listing = [{"name": run.name, **run.manifest.as_json()} for run in runs]
        click.echo(json.dumps({"schema_version": 1, "runs": listing}, indent=2))
    elif not runs:
        click.echo(f"No runs in {folder}. `core-harness eval` makes one.", err=True)
    elif form == "table":
        print_runs(runs)
    else:
        rows = flat_runs(runs)
        click.echo(as_csv(rows) if form == "csv" else as_markdown(rows), nl=False)


@runs_group.command("show")
@click.argument("run")
@folder_option
@form_option
@plot_option
@registry_options
def show_command(*, registry: Registry, run: str, folder: Path, form: str, plot: Path | None) -> None:
    """Show RUN (a name, or a path): its record, and every metric.

    The metrics of a result that was handed in are computed from its predictions and the dataset.
    """
    from core_harness.analysis.charts import run_charts
    from core_harness.analysis.rescore import rescore, with_report
    from core_harness.cli.output.charts import print_chart
    from core_harness.cli.output.pictures import check_picture, save_charts
    from core_harness.cli.output.run_rows import flat_run
    from core_harness.cli.output.tables import print_run
    from core_harness.errors import HarnessError, RunError
    from core_harness.evaluation.session import Session
    from core_harness.metrics.by_segment import genes_by_auroc
    from core_harness.runs.folder import find_run
    from core_harness.runs.summary import about
    from core_harness.sections import sections_as_markdown
    from core_harness.text import as_csv, plain

    check_picture(plot)
    opened = find_run(run, folder)
    complete = opened.state == "complete"
    if not complete and (plot is not None or form in {"md", "csv"}):
        raise RunError(f"{opened.name} is {opened.state}: it has no figures to draw or to list")
    session = Session(registry)
    opened = with_report(opened, session) if complete else opened
    genes: tuple[int, ...] = ()
    if complete and (plot is not None or form == "table"):
        try:
            genes = genes_by_auroc(rescore(opened, session).repeats)
        except HarnessError as error:
            click.echo(plain(f"genes by AUROC are not shown: {error}"), err=True)
    if plot is not None:
        save_charts(run_charts(opened.report(), genes), about(opened.manifest), plot)
    if form == "json":
        report = opened.report() if complete else None
        click.echo(
            json.dumps({"schema_version": 1, "run": opened.manifest.as_json(), "report": report}, indent=2)
        )
    elif form == "table":
        print_run(opened)
        for chart in run_charts(opened.report(), genes) if complete else ():
            print_chart(chart)
    else:
        shown = as_csv(flat_run(opened)) if form == "csv" else sections_as_markdown(opened.sections())
        click.echo(shown, nl=False)


@runs_group.command("reproduce")
@click.argument("run")
@folder_option
@click.option(
    "--max-calls",
    type=int,
    default=0,
    show_default=True,
    metavar="N",
    help="Upper limit on the calls to a model; at 0 its answers come from the cache.",
)
@json_option
@registry_options
def reproduce_command(*, registry: Registry, run: str, folder: Path, max_calls: int, as_json: bool) -> None:
    """Make RUN (a name, or a path) again from its record, and say whether its predictions are the same bytes.

    Where they are not, it says which release, digest or parameter differs. Exit code 1 if they differ.
    """
    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.reproduction import print_reproduction
    from core_harness.evaluation.reproducing import reproduce
    from core_harness.evaluation.session import Session
    from core_harness.llm import Settings
    from core_harness.runs.folder import find_run

    opened = find_run(run, folder)
    with watching() as (tell, notice):
        session = Session(registry, settings=Settings(max_calls=max_calls), progress=tell, notice=notice)
        found = reproduce(session, opened)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2, allow_nan=False))
    else:
        print_reproduction(found)
    if not found.same_bytes:
        click.get_current_context().exit(1)


def _readable(runs: Sequence[Run]) -> list[Run]:
    """Return the runs whose figures can be read, if they have any; say why the others are left out."""
    from core_harness.errors import RunError

    kept = []
    for run in runs:
        try:
            if run.state == "complete" and run.has_report:
                run.report()
        except RunError as error:
            _notice(f"left out: {error}")
        else:
            kept.append(run)
    return kept


def _notice(line: str) -> None:
    click.echo(line, err=True)
