"""``core-harness explain``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options import completion
from core_harness.cli.options.asking import answer_option, api_base_option, model_parameters_option, of_model
from core_harness.cli.options.forms import folder_option, json_option
from core_harness.cli.options.plugins import component_options
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import (
    dataset_option,
    parameters_option,
    seed_option,
    strategy_option,
)

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("explain")
@click.option("--perturbation", required=True, metavar="NAME", help="Perturbation of the pair.")
@click.option("--gene", required=True, metavar="NAME", help="Gene of the pair.")
@click.option("--context", metavar="NAME", help="Cell line or tissue, if the data have several.")
@dataset_option("simulated", "Dataset that the evidence comes from; the pair need not be in it.")
@strategy_option("Strategy whose prediction is explained.")
@click.option(
    "--model",
    metavar="NAME",
    shell_complete=completion.models,
    help="Model to ask about the pair; a cached answer costs nothing.",
)
@component_options
@api_base_option
@answer_option
@model_parameters_option
@click.option(
    "--run",
    "run_name",
    metavar="RUN",
    help="Run whose prediction is explained, with its own options and answers.",
)
@folder_option
@click.option("--show-prompt", is_flag=True, help="Print the prompts; send nothing.")
@seed_option
@json_option
@parameters_option
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
    retriever: str | None,
    organizer: str | None,
    aggregator: str | None,
    api_base: str | None,
    answer: str | None,
    model_assignments: tuple[str, ...],
    run_name: str | None,
    folder: Path,
    show_prompt: bool,
    seed: int,
    as_json: bool,
    assignments: tuple[str, ...],
) -> None:
    """Explain one prediction: voters, layers that relate them, a model's answer, what would flip it.

    The pair need not be in any dataset.
    """
    from core_harness.analysis.cards import Pair
    from core_harness.analysis.explain import explain, explain_run
    from core_harness.cli.output.evidence_card import print_card
    from core_harness.cli.output.progress import watching
    from core_harness.evaluation.spec import parse_parameters
    from core_harness.runs.folder import find_run

    pair = Pair(perturbation=perturbation, gene=gene, context=context)
    with watching() as (progress, notice):
        if run_name is not None:
            run = find_run(run_name, folder)
            card = explain_run(run, pair, progress=progress, notice=notice, registry=registry)
        else:
            card = explain(
                pair,
                dataset=dataset,
                strategy=strategy,
                model=model,
                retriever=retriever,
                organizer=organizer,
                aggregator=aggregator,
                send=not show_prompt,
                parameters=parse_parameters([*assignments, *of_model(api_base, answer, model_assignments)]),
                seed=seed,
                progress=progress,
                notice=notice,
                registry=registry,
            )
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "card": card.as_dict()}, indent=2, allow_nan=False))
    else:
        print_card(card, whole_prompt=show_prompt)
