"""``core-harness score``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from core_harness.cli.options import completion
from core_harness.cli.options.forms import json_option, out_option
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import bootstrap_seed_option, comma_separated
from core_harness.vocabulary import PredictedFormat, Regime

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


_REGIMES = tuple(regime for regime in get_args(Regime) if regime != "unseen-gene")
"""A file has no held-out genes."""


@click.command("score")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--dataset",
    "-d",
    required=True,
    metavar="NAME",
    shell_complete=completion.datasets,
    help="Dataset of the registry, or table:PATH, that the predictions are about.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(PredictedFormat)),
    help="Format of FILE, where it is not recognised as what it is.",
)
@click.option("--name", metavar="METHOD", help="Name of the method; by default the name of the file.")
@click.option(
    "--regime",
    type=click.Choice(_REGIMES),
    help="What the method has not seen of a pair; it follows from --trained-on, else it is undeclared.",
)
@click.option(
    "--support-contexts",
    default="",
    metavar="NAMES",
    help="Other contexts that it learnt from, separated by commas.",
)
@click.option(
    "--trained-on",
    "trained",
    metavar="FILE|train",
    help="Table of the (context, perturbation) pairs that the method was trained on, or 'train' for the "
    "dataset's train split. Boards rank no run without it.",
)
@bootstrap_seed_option
@out_option
@json_option
@registry_options
def score_command(
    *,
    file: Path,
    dataset: str,
    form: PredictedFormat | None,
    name: str | None,
    regime: Regime | None,
    support_contexts: str,
    trained: str | None,
    seed: int,
    out: Path,
    as_json: bool,
    registry: Registry,
) -> None:
    """Score the predictions in FILE, and count missing, repeated and tied ones.

    FILE is a table (.csv, .tsv, .parquet) or .json with the columns perturbation (or pert), gene, score
    (or prediction, probability, pred, prob) and, for several contexts, context; or with p_up and p_down
    (or prediction_up and prediction_down), by pair or by id; or a matrix of perturbations and genes; or
    PIE's Parquet; or differential expression of predicted cells, as cell-eval and other tools write it; or
    the cells themselves (.h5ad); or a .pkl or .json in the layout of PerturbQA's published results.
    """
    from core_harness.analysis.score import score
    from core_harness.cli.output.console import printable, stdout
    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.tables import print_results
    from core_harness.evaluation.session import Session

    with watching() as (progress, notice):
        scored = score(
            file,
            dataset,
            form=form,
            name=name,
            regime=regime,
            support_contexts=comma_separated(support_contexts),
            trained_on=trained,
            seed=seed,
            out=out,
            session=Session(registry, progress=progress, notice=notice),
        )
    if as_json:
        click.echo(json.dumps({"schema_version": 1, **scored.as_dict()}, indent=2, allow_nan=False))
        return
    print_results([scored.result])
    console = stdout()
    for sentence in scored.sentences():
        console.print(printable(sentence), soft_wrap=not console.is_terminal)
