"""``core-harness eval``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core_harness.cli.commands.suite import run_whole_suite
from core_harness.cli.options import completion
from core_harness.cli.options.asking import asking_options, of_model, settings_of
from core_harness.cli.options.registry import registry_options

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("eval")
@click.option(
    "--dataset",
    "-d",
    default="simulated",
    show_default=True,
    shell_complete=completion.datasets,
    help="A name of the registry, or table:PATH for a CSV, TSV or Parquet file of your own.",
)
@click.option(
    "--strategy",
    "-s",
    "strategies",
    default="gene-frequency,voting",
    show_default=True,
    shell_complete=completion.strategies,
    help="One or more strategies, separated by commas.",
)
@click.option(
    "--suite",
    metavar="NAME",
    shell_complete=completion.suites,
    help="Run what a suite lacks below --out, e.g. core-paper: its datasets, its strategies, one run each.",
)
@asking_options
@click.option(
    "--retriever", shell_complete=completion.components, help="Use this retriever in every strategy."
)
@click.option(
    "--organizer", shell_complete=completion.components, help="Use this organizer in every strategy."
)
@click.option(
    "--aggregator", shell_complete=completion.components, help="Use this aggregator in every strategy."
)
@click.option(
    "--regime",
    help="What methods may learn from: strict (own context, the default), cross-context, double-unseen.",
)
@click.option(
    "--support-contexts",
    default="",
    metavar="NAMES",
    help="Learn from these contexts too, separated by commas (regime cross-context).",
)
@click.option(
    "--gene-holdout",
    type=float,
    metavar="SHARE",
    help="Take this share of the genes out of the support and ask about them (regime double-unseen).",
)
@click.option(
    "--control",
    help="Break something on purpose: shuffled-labels, random-neighbours or swapped-perturbation (mean of 20 "
    "seeds); positives-only, negatives-only, swapped-context or anonymised-names.",
)
@click.option(
    "--control-seeds",
    type=int,
    default=20,
    show_default=True,
    help="Over how many seeds a control that draws is run; with a model, each is asked anew.",
)
@click.option("--limit", type=int, help="Ask about this many pairs only: whole genes, drawn by the seed.")
@click.option("--only", help="'evaluable' asks only about genes with both classes.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that draws at random.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder below which each run gets its own.",
)
@click.option("--resume", metavar="RUN", help="Go on with a run that was cut off; other choices are its own.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.option(
    "-p",
    "assignments",
    multiple=True,
    metavar="STAGE.NAME=VALUE",
    help="Set a parameter of a component, e.g. -p aggregator.shrinkage=2. May be repeated.",
)
@registry_options
def eval_command(
    *,
    registry: Registry,
    strategies: str,
    suite: str | None,
    support_contexts: str,
    assignments: tuple[str, ...],
    model: str,
    api_base: str | None,
    model_assignments: tuple[str, ...],
    samples: str | None,
    genes_per_prompt: str | None,
    dry_run: bool,
    resume: str | None,
    out: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Evaluate strategies on a dataset and say what the figures mean.

    With no option it runs CORE-Voting beside gene frequency on a simulated world.
    """
    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.tables import print_estimates, print_results, results_as_dict
    from core_harness.errors import HarnessError, IncompleteError
    from core_harness.evaluation.running import estimate_spec, evaluate_spec, resume_run
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import RunSpec, parse_parameters
    from core_harness.runs.folder import find_run

    settings = settings_of(options)
    drawn = {"samples": samples, "genes_per_prompt": genes_per_prompt}
    of_prompts = [f"organizer.{name}={value}" for name, value in drawn.items() if value is not None]
    choices = {
        "strategies": _names(strategies),
        "model": None if model == "none" else model,
        "support_contexts": _names(support_contexts),
        "parameters": parse_parameters([*assignments, *of_model(api_base, model_assignments), *of_prompts]),
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
            estimates = estimate_spec(session, RunSpec(**choices))
        print_estimates(estimates, as_json=as_json)
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


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]
