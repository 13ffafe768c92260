"""``core-harness compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options import completion
from core_harness.cli.options.forms import folder_option, form_option, plot_option
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import bootstrap_seed_option

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("compare")
@click.argument("runs", nargs=-1, required=True)
@folder_option
@click.option(
    "--metric",
    default="macro_gene_auroc",
    show_default=True,
    metavar="NAME",
    shell_complete=completion.metrics,
    help="Metric to compare by.",
)
@bootstrap_seed_option
@form_option
@plot_option
@registry_options
def compare_command(
    *,
    registry: Registry,
    runs: tuple[str, ...],
    folder: Path,
    metric: str,
    seed: int,
    form: str,
    plot: Path | None,
) -> None:
    """Compare RUNS on the same pairs: differences, their intervals, and whether they exceed chance.

    Each of RUNS is a name, or a path. The largest changes are those from the first run to the last.
    """
    from core_harness.analysis.charts import comparison_charts
    from core_harness.analysis.compare import compare
    from core_harness.analysis.comparison_sections import about
    from core_harness.cli.output.comparison import flat, markdown, print_comparison
    from core_harness.cli.output.pictures import check_picture, save_charts
    from core_harness.evaluation.session import Session
    from core_harness.runs.folder import find_run
    from core_harness.text import as_csv

    check_picture(plot)
    opened = [find_run(name, folder) for name in runs]
    comparison = compare(opened, Session(registry), metric=metric, seed=seed)
    if plot is not None:
        save_charts(comparison_charts(comparison), about(comparison), plot)
    if form == "json":
        click.echo(json.dumps(comparison.as_dict(), indent=2, allow_nan=False))
    elif form == "table":
        print_comparison(comparison)
    else:
        click.echo(markdown(comparison) if form == "md" else as_csv(flat(comparison)), nl=False)
