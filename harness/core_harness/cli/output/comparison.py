"""A comparison as text, and as rows of a table."""

from __future__ import annotations

from typing import Any

import polars as pl

from core_harness.analysis.charts import genes_chart
from core_harness.analysis.compare import Compared, Comparison
from core_harness.cli.output.charts import inline
from core_harness.cli.output.console import printable, stdout
from core_harness.cli.output.tables import as_table
from core_harness.metrics.catalog import LABELS
from core_harness.metrics.paired import Difference
from core_harness.text import as_markdown, figure, heading, markdown_text, number, p_value

_CHANGES = 5
"""Genes and perturbations that are shown."""


def about(comparison: Comparison) -> str:
    """Return what all the runs were asked, and whether anything is simulated."""
    return heading({**comparison.as_dict(), "control": None})


def print_comparison(comparison: Comparison) -> None:
    """Print the runs, their differences, what these pairs can show, and where the change is."""
    console = stdout()
    runs = _runs(comparison)
    for row, run in zip(runs, comparison.runs, strict=True):
        chart = genes_chart(run.genes_by_auroc)
        low, high = chart.x.limits
        heading = f"{chart.title}, {low:g} to {high:g}"
        row[heading] = inline(chart, ascii_only=console.options.ascii_only)
    console.print(f"[bold]{printable(about(comparison))}[/bold]")
    console.print(as_table(runs))
    console.print(as_table(_differences(comparison)))
    console.print(f"[dim]{printable(_basis(comparison))}[/dim]", soft_wrap=not console.is_terminal)
    for changes, what in (
        (comparison.genes_changed, "AUROC of the gene"),
        (comparison.perturbations_changed, "mean placement of the perturbation's pairs within their genes"),
    ):
        if changes.height:
            console.print(f"changed most, 1 to {len(comparison.runs)}: {what}")
            console.print(as_table(_changes(changes)))


def markdown(comparison: Comparison) -> str:
    """Return the runs and their differences as Markdown."""
    parts = (
        f"**{markdown_text(about(comparison))}**\n",
        as_markdown(_runs(comparison)),
        as_markdown(_differences(comparison)),
        f"{_basis(comparison)}\n",
    )
    return "\n".join(parts)


def flat(comparison: Comparison) -> list[dict[str, Any]]:
    """Return one row a difference, each with its dataset, regime and basis."""
    asked = {
        "dataset": comparison.task.dataset,
        "task": comparison.task.question,
        "regime": comparison.task.regime,
        "support_contexts": " ".join(comparison.task.support_contexts),
        "gene_holdout": comparison.task.gene_holdout,
        "simulated": comparison.task.simulated,
        **comparison.part,
    }
    basis = {
        name: getattr(comparison, name)
        for name in ("pairs", "common", "genes", "clusters", "resamples", "seed")
    }
    return [
        {
            "metric": comparison.metric,
            **_side("first", comparison.runs[contrast.first]),
            **_side("second", comparison.runs[contrast.second]),
            **{
                f"difference_{key}" if key in {"value", "low", "high"} else key: value
                for key, value in contrast.as_dict().items()
                if key not in {"first", "second"}
            },
            **asked,
            **basis,
        }
        for contrast in comparison.contrasts
    ]


def _side(side: str, run: Compared) -> dict[str, Any]:
    values = {key: getattr(run, key) for key in ("run", "method", "control", "value", "low", "high", "rank")}
    return {f"{side}_{key}": value for key, value in values.items()}


def _method(run: Compared) -> str:
    return run.method if run.control is None else f"{run.method}, {run.control}"


def _runs(comparison: Comparison) -> list[dict[str, str]]:
    metric = LABELS[comparison.metric]
    return [
        {
            "#": str(place),
            "method": _method(run),
            f"{metric} [95 %]": figure({"value": run.value, "low": run.low, "high": run.high}),
            "rank": "-" if run.rank is None else str(run.rank),
            "run": run.run,
        }
        for place, run in enumerate(comparison.runs, start=1)
    ]


def _differences(comparison: Comparison) -> list[dict[str, str]]:
    return [
        {
            "#": f"{contrast.second + 1} - {contrast.first + 1}",
            "difference [95 %]": signed(contrast.difference),
            "p": p_value(contrast.difference.p),
            "p (Holm)": p_value(contrast.p_holm),
            "significant": "yes" if contrast.significant else "no",
            "smallest that shows": number(contrast.difference.smallest),
        }
        for contrast in comparison.contrasts
    ]


def _changes(changes: pl.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "context": context,
            "from": number(first),
            "to": number(second),
            "change": f"{change:+.3f}",
            "pairs": str(pairs),
        }
        for context, name, first, second, change, pairs in changes.head(_CHANGES).iter_rows()
    ]


def signed(found: Difference) -> str:
    """Return ``+0.010 [+0.002, +0.018]``, or ``-`` where the difference is not defined."""
    if found.value is None:
        return "-"
    interval = "" if found.low is None else f" [{found.low:+.3f}, {found.high:+.3f}]"
    return f"{found.value:+.3f}{interval}"


def _basis(comparison: Comparison) -> str:
    answered = f"all {comparison.pairs:,} pairs"
    if comparison.common < comparison.pairs:
        answered = f"the {comparison.common:,} of {comparison.pairs:,} pairs that all runs answered"
    return (
        f"on {answered}; {comparison.genes:,} genes with both classes; {comparison.resamples:,} resamples of "
        f"{comparison.clusters} perturbations, the same for all runs; a true difference of 'smallest that "
        "shows' is found 8 times in 10"
    )
