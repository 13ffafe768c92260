"""``core-harness explain``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options import completion
from core_harness.cli.options.asking import of_model
from core_harness.cli.options.forms import folder_option
from core_harness.cli.options.registry import registry_options

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("explain")
@click.option("--perturbation", required=True, metavar="NAME", help="What is done to the cells.")
@click.option("--gene", required=True, metavar="NAME", help="The gene that is looked at.")
@click.option("--context", metavar="NAME", help="The cell line or tissue, where the data have several.")
@click.option(
    "--dataset",
    "-d",
    default="simulated",
    show_default=True,
    shell_complete=completion.datasets,
    help="Where evidence comes from; the pair itself need not be in it.",
)
@click.option(
    "--strategy",
    "-s",
    default="voting",
    show_default=True,
    shell_complete=completion.strategies,
    help="Whose prediction is explained.",
)
@click.option(
    "--model", metavar="NAME", help="Asked about this pair, as by eval; a cached answer costs nothing."
)
@click.option("--api-base", metavar="URL", help="Ask a server of your own.")
@click.option(
    "--model-param",
    "model_assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a parameter of the model. May be repeated.",
)
@click.option(
    "--run",
    "run_name",
    metavar="RUN",
    help="Explain what this run predicted, from the answers that it got; other choices are its own.",
)
@folder_option
@click.option("--show-prompt", is_flag=True, help="Show what a model would be asked, and send nothing.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that draws at random.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option(
    "-p", "assignments", multiple=True, metavar="STAGE.NAME=VALUE", help="Set a parameter of a component."
)
@registry_options
def explain_command(
    *,
    registry: Registry,
    perturbation: str,
    gene: str,
    context: str | None,
    dataset: str,
    strategy: str,
    model: str | None,
    api_base: str | None,
    model_assignments: tuple[str, ...],
    run_name: str | None,
    folder: Path,
    show_prompt: bool,
    seed: int,
    as_json: bool,
    assignments: tuple[str, ...],
) -> None:
    """Explain one prediction: who voted, through which layers, what a model said, what would flip it.

    Works for a pair that is in no dataset.
    """
    from core_harness.analysis.cards import Pair
    from core_harness.analysis.explain import explain, explain_run
    from core_harness.cli.output.evidence_card import print_card
    from core_harness.cli.output.progress import watching
    from core_harness.evaluation.spec import parse_parameters
    from core_harness.runs.folder import find_run

    pair = Pair(perturbation=perturbation, gene=gene, context=context)
    with watching() as (tell, notice):
        if run_name is not None:
            run = find_run(run_name, folder)
            card = explain_run(run, pair, progress=tell, notice=notice, registry=registry)
        else:
            card = explain(
                pair,
                dataset=dataset,
                strategy=strategy,
                model=model,
                send=not show_prompt,
                parameters=parse_parameters([*assignments, *of_model(api_base, model_assignments)]),
                seed=seed,
                progress=tell,
                notice=notice,
                registry=registry,
            )
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "card": card.as_dict()}, indent=2, allow_nan=False))
    else:
        print_card(card, whole_prompt=show_prompt)
