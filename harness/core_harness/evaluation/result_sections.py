"""Results as text: what `eval` prints, and a notebook shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core_harness.evaluation.verdict import verdict
from core_harness.sections import Section
from core_harness.text import declared, figure, heading, number

if TYPE_CHECKING:
    from core_harness.evaluation.result import Result

RIGHT = ("pooled AUROC", "calibration (ECE)", "answered")
"""Columns of :func:`line` that are set to the right."""


def by_dataset(results: Sequence[Result]) -> list[list[Result]]:
    """Return results in groups of one dataset, each in its order."""
    datasets = dict.fromkeys(result.task.dataset for result in results)
    return [[result for result in results if result.task.dataset == dataset] for dataset in datasets]


def sections(results: Sequence[Result]) -> Iterator[Section]:
    """Yield a table for each dataset, a line a method, with what it rests on, and the verdict."""
    for same in by_dataset(results):
        rows = [result.as_dict() for result in same]
        said = [basis(rows[0]), verdict(rows), *answered(same), *filter(None, map(by_default, rows))]
        folders = [str(result.run) for result in same if result.run is not None]
        yield Section(
            title=heading(rows[0]),
            rows=[line(row) for row in rows],
            right=RIGHT,
            sentences=[*said, *([f"runs: {', '.join(folders)}"] if folders else [])],
        )


def line(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a result as a line of a table."""
    values, coverage = row["metrics"], row["coverage"]
    return {
        "method": method_of(row),
        "macro-per-gene AUROC [95 %]": figure(values["macro_gene_auroc"]),
        "pooled AUROC": number(values["pooled_auroc"]["value"]),
        "calibration (ECE)": number(values["ece"]["value"]),
        "answered": f"{coverage['scored'] / coverage['pairs']:.0%}",
    }


def answered(results: Sequence[Result]) -> list[str]:
    """Return what became of the answers of each method that asked a model."""
    return [
        f"{result.strategy}: {result.asking.answers.sentence()}"
        for result in results
        if result.asking is not None and result.asking.answers is not None
    ]


def method_of(row: Mapping[str, Any]) -> str:
    """Return the method with its model, what it declares, and whether it is simulated or partial."""
    name = row["strategy"] if row["model"] is None else f"{row['strategy']} · {row['model']}"
    name += declared(row["beyond_contrast"])
    if "answers" in row["simulated_parts"]:
        name += " (SIMULATED answers)"
    if row["asking"] is not None and row["asking"]["ended"]:
        name += " (PARTIAL)"
    return name


def by_default(row: Mapping[str, Any]) -> str:
    """Return how many pairs a method scored by default, and its figure on the others; empty for none."""
    coverage = row["coverage"]
    number_of = coverage["scored"] - coverage["status"].get("ok", 0)
    if number_of <= 0:  # below 0 where an aggregator says ok of pairs that it does not score
        return ""
    kinds = ", ".join(
        f"{pairs:,} {status}" for status, pairs in coverage["status"].items() if status.startswith("no_")
    )
    others = row["metrics"]["macro_gene_auroc_ok_only"]
    return (
        f"{row['strategy']}: {number_of:,} of {coverage['pairs']:,} pairs are scored by default ({kinds}); "
        f"macro-per-gene AUROC of the others {figure(others)} ({others['genes']:,} genes)"
    )


def basis(row: Mapping[str, Any]) -> str:
    """Return what the figures of a result rest on: pairs, genes, resamples."""
    gene = row["metrics"]["macro_gene_auroc"]
    coverage = row["coverage"]
    spread = (
        f"{row['repeats']} seeds of the control"
        if row["repeats"] > 1
        else f"{row['resamples']:,} resamples of {row['clusters']} perturbations"
    )
    if row["repeats"] == 1 and gene["interval"] == "influence":
        spread = f"the influence of each of {row['clusters']} perturbations: the data are large and dense"
    return (
        f"{coverage['pairs']:,} pairs; macro-per-gene over the {gene['genes']:,} of "
        f"{coverage['genes']:,} genes with both classes ({gene['pairs']:,} pairs); intervals from {spread}"
    )
