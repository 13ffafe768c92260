"""A run as text: what was asked, its metrics, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core_harness.metrics.catalog import LABELS
from core_harness.runs.summary import about
from core_harness.sections import Section
from core_harness.text import figure

if TYPE_CHECKING:
    from core_harness.runs.folder import Run

_COUNTS = ("genes", "perturbations", "pairs")


def sections(run: Run) -> Iterator[Section]:
    """Yield the metrics of a run, and what they rest on; only its state where it has none."""
    if run.state != "complete" or not run.has_report:
        yield Section(title=about(run.manifest), sentences=[f"run {run.name}, {run.state}: no figures"])
        return
    report = run.report()
    coverage = report["coverage"]
    yield Section(title=about(run.manifest), sentences=[f"run {run.name}"])
    yield Section(
        rows=[
            {
                "metric": LABELS.get(metric, metric),
                "value [95 %]": figure(estimate),
                **{key: f"{estimate[key]:,}" for key in _COUNTS},
            }
            for metric, estimate in report["metrics"].items()
        ],
        right=_COUNTS,
        sentences=[f"{coverage['scored']:,} of {coverage['pairs']:,} pairs answered"],
    )
