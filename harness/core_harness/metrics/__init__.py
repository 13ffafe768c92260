"""Metrics of a run, each with its coverage and an interval over perturbations.

:func:`report` is the way in. A metric is a function of the weights of the clusters
(:class:`~core_harness.metrics.bootstrap.Measure`): with weights 1 it is the estimate, with those of
:func:`draw_clusters` its resamples. Whoever compares two runs resamples the measures of both with the
same draws.
"""

from core_harness.metrics.bootstrap import Draws, Measure, Resampled, draw_clusters
from core_harness.metrics.calibration import ReliabilityBin
from core_harness.metrics.measures import measures
from core_harness.metrics.repeats import mean_report
from core_harness.metrics.report import Coverage, Estimate, Report, report
from core_harness.metrics.scored import SCORED, checked

__all__ = [
    "SCORED",
    "Coverage",
    "Draws",
    "Estimate",
    "Measure",
    "ReliabilityBin",
    "Report",
    "Resampled",
    "checked",
    "draw_clusters",
    "mean_report",
    "measures",
    "report",
]
