"""``core-harness curve``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options import completion
from core_harness.cli.options.forms import json_option, plot_option
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import (
    comma_separated,
    dataset_option,
    parameters_option,
    seed_option,
    support_contexts_option,
    whole_numbers,
)

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("curve")
@dataset_option("simulated", "Dataset of the registry, or table:PATH.")
@click.option(
    "--strategy",
    "-s",
    "strategies",
    default="potency,voting",
    show_default=True,
    metavar="NAMES",
    shell_complete=completion.strategies,
    help="Strategies that ask no model, separated by commas.",
)
@click.option(
    "--budget",
    "budgets",
    default="10,20,40,80",
    show_default=True,
    metavar="NUMBERS",
    help="Numbers of measured perturbations of a context, separated by commas.",
)
@click.option(
    "--genes", type=click.IntRange(min=1), metavar="N", help="Measured genes of each; all if left out."
)
@click.option(
    "--draws", type=click.IntRange(min=1), default=5, show_default=True, help="Draws of each budget."
)
@click.option(
    "--metric",
    default="macro_gene_auroc",
    show_default=True,
    metavar="METRIC",
    shell_complete=completion.metrics,
    help="Metric that is drawn, e.g. potency_residual_auroc.",
)
@support_contexts_option
@seed_option
@plot_option
@json_option
@parameters_option
@registry_options
def curve_command(
    *,
    registry: Registry,
    dataset: str,
    strategies: str,
    budgets: str,
    genes: int | None,
    draws: int,
    metric: str,
    support_contexts: str,
    seed: int,
    plot: Path | None,
    as_json: bool,
    assignments: tuple[str, ...],
) -> None:
    """Show how good strategies are by how many perturbations were measured.

    Each budget is drawn from the train rows several times; the test rows stay the same.
    """
    from core_harness.analysis.curve import curve
    from core_harness.analysis.curve_charts import curve_charts
    from core_harness.cli.output.curves import heading, print_curve
    from core_harness.cli.output.pictures import check_picture, save_charts
    from core_harness.cli.output.progress import watching
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import RunSpec, parse_parameters

    check_picture(plot)
    spec = RunSpec(
        dataset=dataset,
        strategies=comma_separated(strategies),
        support_contexts=comma_separated(support_contexts),
        seed=seed,
        parameters=parse_parameters(assignments),
    )
    with watching() as (tell, notice):
        session = Session(registry, progress=tell, notice=notice)
        found = curve(
            session, spec, whole_numbers("--budget", budgets), genes=genes, draws=draws, metric=metric
        )
    if plot is not None:
        save_charts(curve_charts(found), heading(found), plot)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2, allow_nan=False))
    else:
        print_curve(found)
