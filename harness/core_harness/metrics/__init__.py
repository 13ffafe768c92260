"""Metrics of a run, each with its coverage and an interval over perturbations.

:func:`report` computes them all; :data:`METRICS` has what is known of each. On the pairs of a run a metric
is a function of the weights of the clusters (:class:`~core_harness.metrics.bootstrap.Measure`): with
weights 1 it is the estimate, with those of :func:`draw_clusters` its resamples. To compare two runs, the
measures of both are resampled with the same draws.
"""

from core_harness.metrics.bootstrap import Draws, Measure, draw_clusters
from core_harness.metrics.calibration import ReliabilityBin
from core_harness.metrics.catalog import METRICS, measures
from core_harness.metrics.metric import Metric
from core_harness.metrics.repeats import mean_report
from core_harness.metrics.report import Coverage, Estimate, Report, report
from core_harness.metrics.resampled import Resampled
from core_harness.metrics.scored import SCORED, checked

__all__ = [
    "METRICS",
    "SCORED",
    "Coverage",
    "Draws",
    "Estimate",
    "Measure",
    "Metric",
    "ReliabilityBin",
    "Report",
    "Resampled",
    "checked",
    "draw_clusters",
    "mean_report",
    "measures",
    "report",
]
