"""``core-harness demo``."""

from __future__ import annotations

import json

import click

from core_harness.cli.options.forms import json_option
from core_harness.cli.options.values import seed_option


@click.command("demo")
@seed_option
@json_option
def demo_command(*, seed: int, as_json: bool) -> None:
    """Show the argument of CORE with scripted models on simulated data, in about a minute.

    Needs no key and no network: a server on this machine answers like a provider. Data and answers are
    simulated: the figures show how results are read, and are no finding.
    """
    from dataclasses import asdict

    from rich.table import Table

    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.tables import printable, stdout
    from core_harness.testing.demonstration import demonstrate
    from core_harness.text import figure, number

    with watching() as (progress, _):
        scenes = list(demonstrate(seed=seed, progress=progress))
    if as_json:
        played = [{**asdict(scene), "result": result.as_dict()} for scene, result in scenes]
        click.echo(json.dumps({"schema_version": 1, "scenes": played}, indent=2, allow_nan=False))
        return
    console = stdout()
    first = scenes[0][1]
    console.print(
        f"[bold]Scripted models on a simulated world  (SIMULATED data and answers), seed {seed}[/bold]"
    )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("scripted model", "strategy", "control"):
        table.add_column(title, no_wrap=True)
    table.add_column("macro-per-gene AUROC [95 %]", style="bold", no_wrap=True)
    table.add_column("yes / positives", justify="right")
    table.add_column("what it shows")
    for scene, result in scenes:
        row = result.as_dict()
        drawn = f"{scene.control}, {row['repeats']} seeds" if scene.control else "-"
        cells = (scene.model, scene.strategy, drawn, figure(row["metrics"]["macro_gene_auroc"]))
        yes = number(row["metrics"]["overestimation"]["value"])
        table.add_row(*map(printable, cells), yes, printable(scene.shows))
    console.print(table)
    gene = first.report.metrics["macro_gene_auroc"]
    basis = (
        f"{gene.pairs:,} pairs of the {gene.genes} genes with both classes, strict regime; intervals from "
        f"{first.report.resamples:,} resamples, under a control from its seeds"
    )
    console.print(f"[dim]{basis}[/dim]", soft_wrap=not console.is_terminal)
