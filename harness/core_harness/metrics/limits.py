"""The values that a metric can take: intervals are cut to them."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

UNIT = (0.0, 1.0)
"""Limits of most metrics."""

LIMITS: Mapping[str, tuple[float, float]] = {
    "mcc": (-1.0, 1.0),
    "brier_skill": (-inf, 1.0),
    "calibration_slope": (-inf, inf),
    "calibration_ratio": (0.0, inf),
    "overestimation": (0.0, inf),
    "gene_prior_correlation": (-1.0, 1.0),
    "gene_prior_correlation_labels": (-1.0, 1.0),
}
"""Limits of the others, by name."""


def interval(metric: str, value: float, half: float) -> tuple[float, float]:
    """Return ``value - half`` and ``value + half``, cut to the limits of the metric."""
    lowest, highest = LIMITS.get(metric, UNIT)
    return max(lowest, value - half), min(highest, value + half)
