"""The figures of a run: each with its interval and with the pairs it rests on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from core_harness.metrics.bootstrap import SHARE, Draws, Interval, Measure, draw_clusters
from core_harness.metrics.calibration import ReliabilityBin, reliability
from core_harness.metrics.catalog import measures
from core_harness.metrics.resampled import Resampled
from core_harness.metrics.scored import are_probabilities, checked
from core_harness.metrics.segments import GENE, with_both_classes


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A metric with its 95 % interval; None where something is not defined, never NaN.

    Attributes
    ----------
    value
        The metric on the pairs as they are.
    low, high
        ``value`` +- 1.96 standard deviations (:mod:`~core_harness.metrics.bootstrap`), cut to the values
        that the metric can take. None where it rests on too few perturbations or genes
        (:attr:`~core_harness.metrics.bootstrap.Measure.has_interval`): its spread is unknown then.
    drift
        Mean of the resamples, which have half as many perturbations, minus ``value``: how far the figure
        depends on their number. A diagnostic, not a correction.
    genes, perturbations, pairs
        What the metric rests on; genes and perturbations are counted by context.
    interval
        Where the interval comes from: ``bootstrap``, or ``influence`` of each perturbation.
    """

    value: float | None
    low: float | None
    high: float | None
    drift: float | None
    genes: int
    perturbations: int
    pairs: int
    interval: Interval = "bootstrap"


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What was asked, and what was answered.

    Attributes
    ----------
    pairs, scored
        Pairs that were asked, and those of them that have a score.
    status
        Pairs by status, sorted by status.
    genes, evaluable_genes
        Genes (by context) that were asked, and those of them with both classes among the asked pairs.
    """

    pairs: int
    scored: int
    status: Mapping[str, int]
    genes: int
    evaluable_genes: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """All metrics of a run by name, with what they were made from.

    Attributes
    ----------
    metrics
        See :func:`~core_harness.metrics.catalog.measures`.
    coverage
        What was asked, and what was answered.
    reliability
        The reliability curve, lowest scores first; empty where scores are no probabilities.
    clusters
        Perturbations (across contexts) that the resamples draw from.
    resamples, seed
        Of the bootstrap.
    share
        Of the perturbations, drawn in each resample. Reports that do not tell it drew as many as there are.
    repeats
        Seeds that the figures are a mean of (:func:`~core_harness.metrics.repeats.mean_report`).
    """

    metrics: Mapping[str, Estimate]
    coverage: Coverage
    reliability: Sequence[ReliabilityBin]
    clusters: int
    resamples: int
    seed: int
    share: float = SHARE
    repeats: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Return the report in plain types, fit for JSON."""
        return dataclasses.asdict(self)


def report(scored: pl.DataFrame, *, seed: int, resamples: int = 1000) -> Report:
    """Return every metric of scored pairs.

    Parameters
    ----------
    scored
        Frame of :data:`~core_harness.metrics.scored.SCORED`, in any order; other columns are ignored.
        Pairs without a score are left out of the metrics and counted in the coverage.
    seed
        Of the bootstrap, >= 0.
    resamples
        Number of bootstrap resamples; 0 gives estimates without intervals.

    Raises
    ------
    PluginError
        The frame breaks its contract (:func:`~core_harness.metrics.scored.checked`).
    """
    rows = checked(scored)
    clusters = rows["cluster"].n_unique()
    draws = draw_clusters(clusters, seed=seed, resamples=resamples)
    return Report(
        metrics=_estimates(measures(rows), draws),
        coverage=_coverage(rows),
        reliability=reliability(rows.drop_nulls("score")) if are_probabilities(rows) else (),
        clusters=clusters,
        resamples=resamples,
        seed=seed,
    )


def _estimates(figures: dict[str, Measure], draws: Draws) -> dict[str, Estimate]:
    """Return the estimates of ``figures``, which is empty afterwards.

    A measure holds pairs in an order of its own, so each is let go before the next is computed.
    """
    names: dict[Measure, list[str]] = {}
    for name, measure in figures.items():
        names.setdefault(measure, []).append(name)
    order = list(figures)
    figures.clear()
    found: dict[str, Estimate] = {}
    while names:
        measure, same = names.popitem()
        resampled = Resampled.of([measure], draws)
        found |= {name: _estimate(name, measure, resampled) for name in same}
    return {name: found[name] for name in order}


def _estimate(name: str, measure: Measure, found: Resampled) -> Estimate:
    low, high = found.interval(name) or (None, None)
    return Estimate(
        value=None if math.isnan(found.value) else found.value,
        low=low,
        high=high,
        drift=found.drift(),
        genes=measure.genes,
        perturbations=measure.perturbations,
        pairs=measure.pairs,
        interval=found.by,
    )


def _coverage(rows: pl.DataFrame) -> Coverage:
    status = rows.group_by("status").len().sort("status")
    return Coverage(
        pairs=rows.height,
        scored=rows.height - rows["score"].null_count(),
        status=dict(status.iter_rows()),
        genes=rows.select(GENE).n_unique(),
        evaluable_genes=with_both_classes(rows, GENE).select(GENE).n_unique(),
    )
