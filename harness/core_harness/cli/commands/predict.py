"""``core-harness predict``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core_harness.cli.options.asking import asking_options, of_model, of_organizer, settings_of
from core_harness.cli.options.forms import json_option
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import (
    comma_separated,
    dataset_option,
    of_species,
    parameters_option,
    seed_option,
    species_option,
    strategy_option,
    support_contexts_option,
)

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("predict")
@click.argument("file", type=click.Path(path_type=Path), metavar="[PAIRS]", required=False)
@click.option(
    "--perturbation",
    "perturbations",
    multiple=True,
    metavar="NAME",
    help="Perturbation to predict on all genes of the dataset, in place of PAIRS. May be repeated.",
)
@click.option("--context", metavar="NAME", help="Context of --perturbation, if not all of the dataset.")
@dataset_option("simulated", "Dataset whose labelled rows predictions rest on.")
@strategy_option("Strategy that predicts.")
@species_option
@asking_options
@support_contexts_option
@click.option(
    "--run",
    "run_name",
    metavar="RUN",
    help="Run of the same method whose figures say how far to trust it.",
)
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder of the runs, into which the method is evaluated if none of them is its own.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Table to write, FILE.csv or FILE.parquet.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "bioreasoning"]),
    default="table",
    help="What is written; bioreasoning: a submission to that challenge, of a dataset of up, down and none.",
)
@seed_option
@json_option
@parameters_option
@registry_options
def predict_command(
    *,
    registry: Registry,
    file: Path | None,
    perturbations: tuple[str, ...],
    context: str | None,
    dataset: str,
    strategy: str,
    species: str | None,
    model: str,
    api_base: str | None,
    answer: str | None,
    model_assignments: tuple[str, ...],
    samples: str | None,
    genes_per_prompt: str | None,
    dry_run: bool,
    support_contexts: str,
    run_name: str | None,
    folder: Path,
    output: Path | None,
    form: str,
    seed: int,
    as_json: bool,
    assignments: tuple[str, ...],
    **options: Any,
) -> None:
    """Predict pairs that need not have been measured, and say how far to trust the method.

    PAIRS is a table with the columns perturbation (or pert), gene and, for several contexts, context. All
    labelled rows of the dataset are evidence, except those of the pairs themselves. The figures with the
    predictions are those of the method on the dataset's test split.
    """
    from core_harness.cli.output.predictions import (
        check_output,
        print_predictions,
        write_predictions,
        write_submission,
    )
    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.tables import print_estimates
    from core_harness.data.pairs import all_genes, naming_of, read_pairs
    from core_harness.errors import UsageError
    from core_harness.evaluation.challenge import submission
    from core_harness.evaluation.predicting import asked_rows, estimate_pairs, predict_pairs
    from core_harness.evaluation.reliability import reliability
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import RunSpec, parse_parameters

    if (file is None) == (not perturbations):
        raise UsageError("name either a table of pairs or --perturbation")
    if file is not None and context is not None:
        raise UsageError("--context goes with --perturbation; a table has its own column 'context'")
    check_output(output)
    of_prompts = of_organizer(samples, genes_per_prompt)
    spec = RunSpec(
        dataset=dataset,
        strategies=(strategy,),
        model=None if model == "none" else model,
        support_contexts=comma_separated(support_contexts),
        parameters=parse_parameters(
            [*of_species(species), *assignments, *of_model(api_base, answer, model_assignments), *of_prompts]
        ),
        seed=seed,
    )
    with watching() as (tell, notice):
        session = Session(registry, settings=settings_of(options), progress=tell, notice=notice)
        if form == "bioreasoning":
            takes = file is not None and output is not None and output.suffix.lower() == ".csv"
            if file is None or output is None or not takes or dry_run or as_json or run_name:
                raise UsageError("--format bioreasoning takes a table of pairs and --output FILE.csv alone")
            made = submission(session, spec, file, folder=folder)
            write_submission(made, output)
            return
        (method,) = session.methods(spec, keyless=dry_run)
        rows = asked_rows(session.load(spec))
        agent = session.load(spec).task.agent
        if file is None:
            wanted = all_genes(perturbations, rows, agent=agent, context=context)
        else:
            naming = naming_of(session.load(spec).dataset.object)
            wanted = read_pairs(file, rows, agent=agent, naming=naming)
        for note in wanted.notes:
            session.notice(note)
        if dry_run:
            estimates = estimate_pairs(session, method, spec, wanted)
        else:
            trust = reliability(session, method, spec, folder=folder, name=run_name)
            predicted = predict_pairs(session, method, spec, wanted)
    if dry_run:
        print_estimates(estimates, as_json=as_json)
        return
    if output is not None:
        write_predictions(predicted, output)
    print_predictions(predicted, trust, output, as_json=as_json)
