"""A comparison as text, and as rows of a table."""

from __future__ import annotations

from typing import Any

from core_harness.analysis.charts import genes_chart
from core_harness.analysis.compare import Compared, Comparison
from core_harness.analysis.comparison_sections import (
    about,
    basis_of,
    changed,
    changes_of,
    differences_of,
    runs_of,
)
from core_harness.cli.output.charts import inline
from core_harness.cli.output.console import printable, stdout
from core_harness.sections import as_table
from core_harness.text import as_markdown, markdown_text


def print_comparison(comparison: Comparison) -> None:
    """Print the runs, their differences, what these pairs can show, and where the change is."""
    console = stdout()
    runs = runs_of(comparison)
    for row, run in zip(runs, comparison.runs, strict=True):
        chart = genes_chart(run.genes_by_auroc)
        low, high = chart.x.limits
        heading = f"{chart.title}, {low:g} to {high:g}"
        row[heading] = inline(chart, ascii_only=console.options.ascii_only)
    console.print(f"[bold]{printable(about(comparison))}[/bold]")
    console.print(as_table(runs))
    console.print(as_table(differences_of(comparison)))
    console.print(f"[dim]{printable(basis_of(comparison))}[/dim]", soft_wrap=not console.is_terminal)
    for title, changes in changed(comparison):
        console.print(title)
        console.print(as_table(changes_of(changes)))


def markdown(comparison: Comparison) -> str:
    """Return the runs and their differences as Markdown."""
    parts = (
        f"**{markdown_text(about(comparison))}**\n",
        as_markdown(runs_of(comparison)),
        as_markdown(differences_of(comparison)),
        f"{basis_of(comparison)}\n",
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
