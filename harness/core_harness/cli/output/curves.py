"""Curves of methods by budget, for the terminal."""

from __future__ import annotations

from core_harness.analysis.curve import Curve
from core_harness.cli.output.console import printable, stdout
from core_harness.metrics.catalog import METRICS
from core_harness.sections import as_table
from core_harness.text import figure


def heading(curve: Curve) -> str:
    """Return what the figures of a curve are of."""
    task = curve.task
    genes = "all genes" if curve.genes is None else f"{curve.genes} genes"
    simulated = "  (SIMULATED)" if task.simulated else ""
    what = f"{task.dataset}, {task.question}, {task.regime} regime, seed {task.seed}"
    metric = METRICS[curve.metric].label
    return f"{what}: {metric} by number of measured perturbations, {genes} of each{simulated}"


def print_curve(curve: Curve) -> None:
    """Print a row a method, a column a budget, and what the intervals hold."""
    console = stdout()
    soft_wrap = not console.is_terminal
    console.print(f"[bold]{printable(heading(curve))}[/bold]", soft_wrap=soft_wrap)
    rows = [
        {
            "method": label,
            **{
                f"{point.budget}": figure({"value": point.value, "low": point.low, "high": point.high})
                for point in points
            },
        }
        for label, points in curve.methods.items()
    ]
    console.print(as_table(rows))
    console.print(
        f"[dim]means over {curve.draws} draws of the support, about the same {curve.perturbations:,} "
        f"perturbations and {curve.pairs:,} pairs; 95 % intervals over perturbations and draws[/dim]",
        soft_wrap=soft_wrap,
    )
