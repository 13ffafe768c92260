"""Predicted pairs as a table, and how far to trust them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import click
import polars as pl

from core_harness.cli.output.console import printable, stdout
from core_harness.errors import UsageError
from core_harness.evaluation.challenge import Submission
from core_harness.evaluation.predicting import Predicted
from core_harness.evaluation.reliability import Reliability
from core_harness.evaluation.result import JSON_VERSION
from core_harness.runs.writing import write_whole
from core_harness.sections import as_table
from core_harness.text import as_csv, figure, number

_SHOWN = 20
"""Pairs on the terminal; a file has all."""

_SUFFIXES = (".csv", ".parquet")


def check_output(path: Path | None) -> None:
    """Raise :class:`~core_harness.errors.UsageError`, before anything is done, for a file of another kind."""
    if path is not None and path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"--output {path} should end in {' or '.join(_SUFFIXES)}")


def write_predictions(predicted: Predicted, path: Path) -> None:
    """Write all pairs, whole or not at all. Raises :class:`~core_harness.errors.RunError`."""
    if path.suffix.lower() == ".csv":
        write_whole(path, as_csv(predicted.pairs.to_dicts()).encode())
        return
    content = io.BytesIO()
    predicted.pairs.write_parquet(content)
    write_whole(path, content.getvalue())


def print_predictions(
    predicted: Predicted, trust: Reliability | None, written: Path | None, *, as_json: bool
) -> None:
    """Print how far to trust the predictions, and those with the highest scores."""
    if as_json:
        known = None if trust is None else trust.as_dict()
        content = {"schema_version": JSON_VERSION, **predicted.as_dict(), "reliability": known}
        click.echo(json.dumps(content, indent=2, allow_nan=False))
        return
    console = stdout()
    for sentence in sentences(predicted, trust):
        console.print(printable(sentence), soft_wrap=True)
    console.print(as_table(_rows(predicted)))
    total = predicted.pairs.height
    if written is not None:
        console.print(printable(f"{total:,} pairs in {written}"), soft_wrap=True)
    elif total > _SHOWN:
        console.print(f"{_SHOWN} of {total:,} pairs, the highest scores first; --output FILE.csv has all")


def sentences(predicted: Predicted, trust: Reliability | None) -> Iterator[str]:
    """Yield what a person should know before the scores, most important first."""
    if predicted.simulated:
        yield f"SIMULATED {' and '.join(predicted.simulated)}: these are no predictions about cells."
    yield from _trust(predicted, trust)
    yield (
        f"The predictions rest on all {predicted.support:,} labelled rows, those of the test split among "
        "them but none of a predicted pair. 'gene_rate' is what the gene's frequency alone says: what the "
        "method knows of a perturbation is the difference."
    )
    if predicted.unrelated:
        few, number_of = predicted.unrelated[:5], predicted.pairs["perturbation"].n_unique()
        yield (
            f"{len(predicted.unrelated):,} of {number_of:,} perturbations are not known to the graph, or it "
            f"relates them to none that was measured, e.g. {', '.join(few)}."
        )
    if predicted.asking is not None:
        yield predicted.asking.sentence()


def _trust(predicted: Predicted, trust: Reliability | None) -> Iterator[str]:
    if trust is None:
        yield (
            f"How far to trust {predicted.method} on this dataset is not known: it asks a model, and has not "
            "been evaluated; `core-harness eval` does it, and --run names its run."
        )
        return
    gene, pooled, error = (trust.metrics[name] for name in ("macro_gene_auroc", "pooled_auroc", "ece"))
    yield (
        f"How far to trust it: macro-per-gene AUROC {figure(gene)} ({gene['genes']:,} genes), pooled AUROC "
        f"{number(pooled['value'])}, calibration error {number(error['value'])}, on {trust.pairs:,} test "
        "pairs."
    )
    yield f"That is {trust.about} (run {trust.run}), from the train rows alone."


def _rows(predicted: Predicted) -> list[dict[str, str]]:
    """Return the rows for the terminal, without columns that say nothing."""
    best = predicted.pairs.sort("score", descending=True, nulls_last=True, maintain_order=True).head(_SHOWN)
    several = predicted.pairs["context"].n_unique() > 1
    dropped = [] if several else ["context"]
    dropped += [] if predicted.pairs["measured"].count() else ["measured"]
    shown = best.drop(dropped).with_columns(pl.col("score", "gene_rate").round(3))
    return [
        {name: "-" if value is None else str(value) for name, value in row.items()}
        for row in shown.to_dicts()
    ]


def write_submission(made: Submission, path: Path) -> None:
    """Write a submission to the BioReasoning challenge, and print how far to trust it."""
    write_whole(path, as_csv(made.frame.to_dicts()).encode())
    console = stdout()
    for line in (*made.notes, *_about_submission(made, path)):
        console.print(printable(line), soft_wrap=True)


def _about_submission(made: Submission, path: Path) -> Iterator[str]:
    if made.trust is None:
        yield "How far to trust it is not known: `core-harness eval` evaluates a method that asks a model."
    else:
        de, direction = (one.metrics for one in made.trust)
        yield (
            f"On the test split of the dataset: {number(made.figure)} by the challenge, the mean of pooled "
            f"AUROC {number(de['pooled_auroc']['value'])} (de) and "
            f"{number(direction['pooled_auroc']['value'])} (dir). "
            f"Within genes, where a gene's frequency is no help: {figure(de['macro_gene_auroc'])} and "
            f"{figure(direction['macro_gene_auroc'])}."
        )
    if made.unrelated:
        yield (
            f"{len(made.unrelated):,} perturbations are not known to the graph, or it relates them to none "
            f"that was measured, e.g. {', '.join(made.unrelated[:5])}."
        )
    if made.unanswered:
        yield f"{made.unanswered:,} pairs have no score: both of their probabilities are 0."
    yield f"{made.frame.height:,} pairs in {path}"
