"""A comparison as text: what `compare` prints, and a notebook shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from core_harness.metrics.catalog import LABELS
from core_harness.metrics.paired import Difference
from core_harness.sections import Section
from core_harness.text import figure, heading, number, p_value

if TYPE_CHECKING:
    from core_harness.analysis.compare import Compared, Comparison

_CHANGES = 5
"""Genes and perturbations that are shown."""


def sections(comparison: Comparison) -> Iterator[Section]:
    """Yield the runs, their differences, what they rest on, and where the change is."""
    yield Section(title=about(comparison), rows=runs_of(comparison))
    yield Section(rows=differences_of(comparison), sentences=[basis_of(comparison)])
    for title, changes in changed(comparison):
        yield Section(title=title, rows=changes_of(changes))


def changed(comparison: Comparison) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield what changed from the first run to the last, where anything did, with its title."""
    for changes, what in (
        (comparison.genes_changed, "AUROC of the gene"),
        (comparison.perturbations_changed, "mean placement of the perturbation's pairs within their genes"),
    ):
        if changes.height:
            yield f"changed most, 1 to {len(comparison.runs)}: {what}", changes


def about(comparison: Comparison) -> str:
    """Return what all the runs were asked, and whether anything is simulated."""
    return heading({**comparison.as_dict(), "control": None})


def runs_of(comparison: Comparison) -> list[dict[str, str]]:
    """Return the runs with the metric, its interval and their ranks."""
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


def differences_of(comparison: Comparison) -> list[dict[str, str]]:
    """Return the differences with interval, p-value and the smallest that would show."""
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


def changes_of(changes: pl.DataFrame) -> list[dict[str, str]]:
    """Return the genes or perturbations that changed most."""
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


def basis_of(comparison: Comparison) -> str:
    """Return what the differences rest on."""
    answered = f"all {comparison.pairs:,} pairs"
    if comparison.common < comparison.pairs:
        answered = f"the {comparison.common:,} of {comparison.pairs:,} pairs that all runs answered"
    return (
        f"on {answered}; {comparison.genes:,} genes with both classes; {comparison.resamples:,} resamples of "
        f"{comparison.clusters} perturbations, the same for all runs; a true difference of 'smallest that "
        "shows' is found 8 times in 10"
    )


def _method(run: Compared) -> str:
    return run.method if run.control is None else f"{run.method}, {run.control}"
