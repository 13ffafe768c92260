"""``core-harness eval``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from core_harness.cli.commands.suite import run_whole_suite
from core_harness.cli.options import completion
from core_harness.cli.options.asking import asking_options, of_model, of_organizer, settings_of
from core_harness.cli.options.forms import json_option, out_option
from core_harness.cli.options.plugins import component_options
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import (
    budget,
    comma_separated,
    control_seeds_option,
    dataset_option,
    of_species,
    parameters_option,
    seed_option,
    species_option,
    support_contexts_option,
)
from core_harness.vocabulary import Agent, AtOnce, Control, Only, Question, Regime

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("eval")
@dataset_option("simulated", "Dataset of the registry, or table:PATH for a CSV, TSV or Parquet file.")
@click.option(
    "--strategy",
    "-s",
    "strategies",
    default="gene-frequency,voting",
    show_default=True,
    metavar="NAMES",
    shell_complete=completion.strategies,
    help="Strategies, separated by commas.",
)
@click.option(
    "--suite",
    metavar="NAME",
    shell_complete=completion.suites,
    help="Suite whose missing runs are made below --out, e.g. core-paper.",
)
@asking_options
@component_options
@click.option(
    "--regime",
    type=click.Choice(get_args(Regime)),
    help="What methods have not seen of a query; unseen-perturbation, unless --support-contexts "
    "(cross-context) or --gene-holdout (unseen-gene) is given.",
)
@support_contexts_option
@click.option(
    "--gene-holdout",
    type=float,
    metavar="SHARE",
    help="Share of the genes that is left out of the support and asked about (regime unseen-gene).",
)
@click.option(
    "--question",
    type=click.Choice((*get_args(Question), *get_args(AtOnce))),
    help="de: does the gene change? dir: does it go up? both: the two in one prompt, for two runs.",
)
@click.option(
    "--split",
    metavar="AXIS=SHARE",
    help="Names held out as test, where a table has no split, e.g. perturbation=.25; its seed is "
    "-p dataset.split_seed=N.",
)
@click.option(
    "--control",
    type=click.Choice(get_args(Control)),
    metavar="CONTROL",
    help=f"Input of the method that is broken on purpose: {', '.join(get_args(Control))}.",
)
@control_seeds_option
@click.option("--limit", type=int, metavar="N", help="Pairs to ask about, in whole genes drawn at random.")
@click.option(
    "--only", type=click.Choice(get_args(Only)), help="Part to ask about; evaluable: genes with both classes."
)
@click.option(
    "--agent",
    type=click.Choice(get_args(Agent)),
    help="What the perturbations of a table are, so that prompts speak of it; short for -p dataset.agent=.",
)
@species_option
@click.option(
    "--support",
    metavar="K,M",
    help="Budget: K measured perturbations of a context, drawn at random, and M genes of each; all genes "
    "without M.",
)
@seed_option
@out_option
@click.option("--resume", metavar="RUN", help="Interrupted run to finish, with its own options.")
@json_option
@parameters_option
@registry_options
def eval_command(
    *,
    registry: Registry,
    strategies: str,
    suite: str | None,
    support_contexts: str,
    question: str | None,
    split: str | None,
    assignments: tuple[str, ...],
    model: str,
    api_base: str | None,
    answer: str | None,
    model_assignments: tuple[str, ...],
    samples: str | None,
    genes_per_prompt: str | None,
    dry_run: bool,
    resume: str | None,
    support: str | None,
    agent: str | None,
    species: str | None,
    out: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Evaluate strategies on a dataset, and say what the figures mean.

    Without options it compares CORE-Voting with gene frequency on simulated data.
    """
    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.tables import (
        print_estimates,
        print_results,
        refuse_unusable,
        results_as_dict,
    )
    from core_harness.errors import HarnessError, IncompleteError
    from core_harness.evaluation.running import estimate_spec, evaluate_spec, resume_run
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import RunSpec, parse_parameters
    from core_harness.evaluation.width import expected_width
    from core_harness.runs.folder import find_run

    settings = settings_of(options)
    of_dataset = _asking(question, options, registry)
    of_dataset += [*of_species(species), *([] if split is None else [f"dataset.split={split}"])]
    of_prompts = of_organizer(samples, genes_per_prompt)
    of_agent = [] if agent is None else [f"dataset.agent={agent}"]
    choices = {
        "strategies": comma_separated(strategies),
        "model": None if model == "none" else model,
        "support_contexts": comma_separated(support_contexts),
        "support": budget(support),
        "parameters": parse_parameters(
            [
                *of_dataset,
                *assignments,
                *of_agent,
                *of_model(api_base, answer, model_assignments),
                *of_prompts,
            ]
        ),
        "question": question if question in get_args(AtOnce) else None,
        **options,
    }
    if suite is not None:
        of_suite = {key: choices[key] for key in ("model", "parameters", "seed")}
        run_whole_suite(
            suite,
            registry,
            **of_suite,
            settings=settings,
            out=out,
            dry_run=dry_run,
            as_json=as_json,
        )
        return
    if dry_run:
        with watching() as (tell, notice):
            session = Session(registry, settings=settings, progress=tell, notice=notice)
            spec = RunSpec(**choices)
            estimates, width = estimate_spec(session, spec), expected_width(session, spec)
        print_estimates(estimates, width, as_json=as_json)
        return
    failures: dict[str, HarnessError] = {}
    with watching() as (tell, notice):
        session = Session(registry, settings=settings, progress=tell, notice=notice)
        try:
            if resume is not None:
                results = [resume_run(session, find_run(resume, out))]
            else:
                results = evaluate_spec(session, RunSpec(**choices), out=out)
        except IncompleteError as error:
            results, failures = error.results, error.failures
    if as_json:
        click.echo(json.dumps(results_as_dict(results, failures), indent=2, allow_nan=False))
    elif results:
        print_results(results)
    if failures:
        raise IncompleteError(results, failures)
    refuse_unusable(results)


def _asking(question: str | None, options: dict[str, Any], registry: Registry) -> list[str]:
    """Have one question asked: of the dataset that the registry has for it, or by a parameter."""
    from core_harness.evaluation.both import dataset_asking

    if question not in {"de", "dir"}:
        return []
    asked: Question = "de" if question == "de" else "dir"
    if (named := dataset_asking(asked, options["dataset"], registry)) is not None:
        options["dataset"] = named
        return []
    return [f"dataset.question={question}"]
