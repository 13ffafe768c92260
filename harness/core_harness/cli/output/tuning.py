"""What ``tune`` found, for the terminal."""

from __future__ import annotations

from core_harness.analysis.comparison_sections import signed
from core_harness.analysis.tuning.result import Tried, Tuning, flat
from core_harness.cli.output.console import printable, stdout
from core_harness.metrics.catalog import METRICS
from core_harness.sections import as_table
from core_harness.text import figure, number, p_value

MOST = 30
"""Settings that are shown, beside the present and the chosen one."""


def print_tuning(tuning: Tuning) -> None:
    """Print the settings, best first, the verdict, and the chosen setting under controls."""
    console = stdout()
    soft_wrap = not console.is_terminal
    console.print(f"[bold]{printable(_heading(tuning))}[/bold]", soft_wrap=soft_wrap)
    shown = [
        (place, one)
        for place, one in enumerate(tuning.settings, start=1)
        if place <= MOST or one.present or one is tuning.chosen
    ]
    console.print(as_table([_row(tuning, one, place) for place, one in shown]))
    if left_out := len(tuning.settings) - len(shown):
        console.print(f"[dim]and {left_out} more; --json has all[/dim]")
    console.print(f"[dim]{printable(_basis(tuning))}[/dim]", soft_wrap=soft_wrap)
    console.print(printable(tuning.verdict()), soft_wrap=soft_wrap)
    metric = METRICS[tuning.control_metric]
    for control, mean in tuning.controls.items():
        seeds = f", mean of {mean.seeds} seeds" if mean.seeds > 1 else ""
        said = figure({"value": mean.value, "low": mean.low, "high": mean.high})
        line = f"chosen, {control}: {metric.label} {said}{seeds} (chance: {metric.chance:g})"
        console.print(printable(line), soft_wrap=soft_wrap)


def _heading(tuning: Tuning) -> str:
    spec = tuning.spec
    names = ", ".join(dataset.name for dataset in tuning.datasets)
    contexts = ", ".join(spec.support_contexts)
    regime = f"cross-context (support also from {contexts})" if contexts else "unseen-perturbation"
    simulated = "  (SIMULATED)" if tuning.simulated else ""
    return f"{spec.strategy} on the support of {names}, {regime} regime, seed {spec.seed}{simulated}"


def _row(tuning: Tuning, one: Tried, place: int) -> dict[str, str]:
    label = METRICS[tuning.spec.criterion].label
    said = [word for word, holds in (("present", one.present), ("chosen", one is tuning.chosen)) if holds]
    datasets = one.by_dataset if len(one.by_dataset) > 1 else {}
    return {
        "#": str(place),
        **{f"{stage}.{name}": str(value) for stage, name, value in flat(one.tried)},
        f"{label} [95 %]": figure({"value": one.value, "low": one.low, "high": one.high}),
        **{name: number(value) for name, value in datasets.items()},
        "minus present [95 %]": "-" if one.present else signed(one.difference),
        "p (Holm)": p_value(one.p_holm),
        "": ", ".join(said),
    }


def _basis(tuning: Tuning) -> str:
    asked = "; ".join(
        f"{dataset.name}: {dataset.pairs:,} pairs of {dataset.perturbations:,} perturbations"
        for dataset in tuning.datasets
    )
    return (
        f"{asked}; {tuning.spec.folds} folds by perturbation, everything fitted without the fold; means "
        "over folds and datasets; no test row was read"
    )
