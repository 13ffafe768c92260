"""``core-harness runs``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core_harness.cli.options.forms import folder_option, form_option, plot_option


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

    runs = list_runs(folder, notice=lambda line: click.echo(line, err=True))
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
def show_command(*, run: str, folder: Path, form: str, plot: Path | None) -> None:
    """Show RUN (a name, or a path): its record, and every metric."""
    from core_harness.analysis.charts import run_charts
    from core_harness.analysis.rescore import rescore
    from core_harness.cli.output.charts import print_chart
    from core_harness.cli.output.pictures import check_picture, save_charts
    from core_harness.cli.output.run_rows import about, flat_run, sections
    from core_harness.cli.output.sections import sections_as_markdown
    from core_harness.cli.output.tables import print_run
    from core_harness.errors import HarnessError, RunError
    from core_harness.evaluation.session import Session
    from core_harness.metrics.by_segment import genes_by_auroc
    from core_harness.runs.folder import find_run
    from core_harness.text import as_csv, plain

    check_picture(plot)
    opened = find_run(run, folder)
    complete = opened.state == "complete"
    if not complete and (plot is not None or form in {"md", "csv"}):
        raise RunError(f"{opened.name} is {opened.state}: it has no figures to draw or to list")
    genes: tuple[int, ...] = ()
    if complete and (plot is not None or form == "table"):
        try:
            genes = genes_by_auroc(rescore(opened, Session()).repeats)
        except HarnessError as error:
            click.echo(plain(f"genes by AUROC are not shown: {error}"), err=True)
    if plot is not None:
        save_charts(run_charts(opened.report(), genes), about(opened), plot)
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
        shown = as_csv(flat_run(opened)) if form == "csv" else sections_as_markdown(list(sections(opened)))
        click.echo(shown, nl=False)
