"""One report of several: the mean over the seeds of a control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core_harness.metrics.catalog import METRICS
from core_harness.metrics.report import Estimate, Report
from core_harness.metrics.resampled import Z


def mean_report(reports: Sequence[Report]) -> Report:
    """Return the mean of each metric over reports of the same pairs under different seeds.

    The interval is that of the mean: +- 1.96 standard deviations of the reports over the square root of
    their number. It says how well the seeds determine the figure, not how it would vary with other
    perturbations. Coverage and counts are those of the first report; a reliability curve, whose bins
    differ from seed to seed, there is none. Raises ValueError without a report.
    """
    if not reports:
        raise ValueError("no report to take the mean of")
    first = reports[0]
    metrics = {name: _mean(name, [report.metrics[name] for report in reports]) for name in first.metrics}
    return replace(first, metrics=metrics, reliability=(), repeats=len(reports))


def _mean(name: str, estimates: Sequence[Estimate]) -> Estimate:
    values = [estimate.value for estimate in estimates if estimate.value is not None]
    if len(values) < len(estimates):
        return replace(estimates[0], value=None, low=None, high=None, drift=None)
    mean = float(np.mean(values))
    if len(values) == 1:
        return replace(estimates[0], value=mean, low=None, high=None, drift=None)
    low, high = METRICS[name].interval(mean, Z * float(np.std(values, ddof=1)) / len(values) ** 0.5)
    return replace(estimates[0], value=mean, low=low, high=high, drift=None)
