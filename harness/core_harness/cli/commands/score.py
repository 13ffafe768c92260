"""``core-harness score``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options import completion
from core_harness.cli.options.registry import registry_options

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("score")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--dataset",
    "-d",
    required=True,
    shell_complete=completion.datasets,
    help="What the predictions are about: a name of the registry, or table:PATH.",
)
@click.option("--name", metavar="METHOD", help="What the method is called; the file's name if left out.")
@click.option("--regime", help="What the method learnt from: strict or cross-context; else it is undeclared.")
@click.option(
    "--support-contexts",
    default="",
    metavar="NAMES",
    help="The contexts that it learnt from too, separated by commas (regime cross-context).",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the resamples.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder below which the run gets its own, for `compare` and `audit`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@registry_options
def score_command(
    *,
    file: Path,
    dataset: str,
    name: str | None,
    regime: str | None,
    support_contexts: str,
    seed: int,
    out: Path,
    as_json: bool,
    registry: Registry,
) -> None:
    """Score the predictions in FILE, whoever made them, and say what was missing, doubled and tied.

    FILE is a table (.csv, .tsv, .parquet) or .json with the columns perturbation (or pert), gene, score
    (or prediction, probability, pred, prob) and perhaps context, or a .pkl or .json in the layout of
    PerturbQA's published results.
    """
    from core_harness.analysis.score import score_file
    from core_harness.cli.output.tables import print_results, printable, stdout
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import RunSpec

    contexts = [context.strip() for context in support_contexts.split(",") if context.strip()]
    spec = RunSpec(dataset=dataset, regime=regime, support_contexts=contexts, seed=seed)  # type: ignore[arg-type]
    scored = score_file(file, spec, Session(registry), name=name, out=out)
    if as_json:
        click.echo(json.dumps({"schema_version": 1, **scored.as_dict()}, indent=2, allow_nan=False))
        return
    print_results([scored.result])
    console = stdout()
    for sentence in scored.received.sentences():
        console.print(printable(sentence), soft_wrap=not console.is_terminal)
