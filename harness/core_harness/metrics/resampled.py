"""A metric with its resamples: its deviation, its interval, and the difference of two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from core_harness.metrics.bootstrap import Draws, Interval, Measure, undefined
from core_harness.metrics.catalog import METRICS
from core_harness.metrics.segments import Floats
from core_harness.metrics.sums import ratio

Z = 1.96
"""Half width of a 95 % interval in standard deviations."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Resampled:
    """A metric of one run, or the difference of two, with its resamples.

    Attributes
    ----------
    value
        On the pairs as they are; NaN where it is not defined.
    values
        In each resample, shape (resamples,); NaN where it is not defined there.
    scale
        Of the draws.
    by
        Where the values come from: the metric in each resample, or its influences, to first order.
    """

    value: float
    values: Floats
    scale: float
    by: Interval = "bootstrap"

    @classmethod
    def of(cls, measures: Sequence[Measure], draws: Draws) -> Resampled:
        """Return the mean of one metric over ``measures``, in each resample of ``draws``.

        There are several where a control was run with several seeds; all are of the same pairs. What rests
        on too few perturbations or genes (:attr:`Measure.has_interval`) is not resampled: its spread is
        unknown then, not small. Where data are large and dense, the influence of what was drawn stands in
        (:meth:`Measure.influence_for`).
        """
        return cls.mean([cls._of(measure, draws) for measure in measures])

    @classmethod
    def _of(cls, measure: Measure, draws: Draws) -> Self:
        value = measure.estimate()
        if not measure.has_interval:
            return cls(value=value, values=undefined(draws.weights), scale=draws.scale)
        influence = measure.influence_for(draws.weights.shape[1])
        if influence is None:
            return cls(value=value, values=measure.resampled(draws.weights), scale=draws.scale)
        moved = ratio(influence @ draws.weights, draws.weights.mean(axis=0))  # weights of 1 on average
        return cls(value=value, values=value + moved, scale=draws.scale, by="influence")

    @classmethod
    def mean(cls, several: Sequence[Resampled]) -> Resampled:
        """Return the mean of what was resampled with the same draws."""
        return cls(
            value=float(np.mean([one.value for one in several])),
            values=np.mean([one.values for one in several], axis=0),
            scale=several[0].scale,
            by=several[0].by,
        )

    def minus(self, other: Resampled) -> Resampled:
        """Return the difference from a run that was resampled with the same draws."""
        return replace(self, value=self.value - other.value, values=self.values - other.values)

    def deviation(self) -> float | None:
        """Return the standard deviation of the estimate; None where fewer than two resamples are defined."""
        known = self._known()
        if math.isnan(self.value) or len(known) < 2:
            return None
        return self.scale * float(known.std(ddof=1))

    def interval(self, metric: str) -> tuple[float, float] | None:
        """Return the 95 % interval of the metric, by its name; None where it is not defined."""
        deviation = self.deviation()
        return None if deviation is None else METRICS[metric].interval(self.value, Z * deviation)

    def drift(self) -> float | None:
        """Return the mean of the resamples minus the value; None where there is no interval."""
        return None if self.deviation() is None else float(self._known().mean()) - self.value

    def _known(self) -> Floats:
        return self.values[~np.isnan(self.values)]
