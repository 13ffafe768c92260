"""The mean over the seeds of a control: of a metric, and of whole reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, kw_only=True)
class SeedMean:
    """The mean of a metric over the seeds of a control; the interval is None where there is one seed.

    Attributes
    ----------
    value
        The mean.
    low, high
        It +- 1.96 standard deviations of the seeds over the square root of their number.
    seeds
        Their number.
    """

    value: float
    low: float | None
    high: float | None
    seeds: int


def mean_over_seeds(name: str, values: Sequence[float]) -> SeedMean:
    """Return the mean of the metric ``name`` over seeds, with the interval of the mean."""
    mean, seeds = float(np.mean(values)), len(values)
    if seeds == 1:
        return SeedMean(value=mean, low=None, high=None, seeds=seeds)
    low, high = METRICS[name].interval(mean, Z * float(np.std(values, ddof=1)) / seeds**0.5)
    return SeedMean(value=mean, low=low, high=high, seeds=seeds)


def _mean(name: str, estimates: Sequence[Estimate]) -> Estimate:
    values = [estimate.value for estimate in estimates if estimate.value is not None]
    if len(values) < len(estimates):
        return replace(estimates[0], value=None, low=None, high=None, drift=None)
    mean = mean_over_seeds(name, values)
    return replace(estimates[0], value=mean.value, low=mean.low, high=mean.high, drift=None)
