"""Charts of runs and comparisons: what is drawn, and what it shows in words.

One description a chart, for every renderer: SVG on the pages of a board, files by matplotlib, characters in a
terminal. A renderer knows axes and marks, and nothing of what they stand for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core_harness.analysis.audit.strata import Stratum
from core_harness.analysis.compare import Comparison
from core_harness.metrics.catalog import METRICS
from core_harness.metrics.prior import RateBin
from core_harness.text import figure, plain

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something drawn from points on the axes.

    Attributes
    ----------
    kind
        ``line`` joins the points, ``guide`` does so with dashes, for what is no data, and ``rule`` in the
        colour of text; ``dots`` are the points themselves; ``band`` is the area of a closed outline; ``bars``
        rise from the axis, each from a point's x to that of the next, and the last point only ends them.
    points
        (x, y).
    name
        In the legend; empty for a mark that is not in it.
    labels
        Names of the points of ``dots``, in their order; empty where they have none.
    """

    kind: Literal["line", "guide", "rule", "dots", "band", "bars"]
    points: Points
    name: str = ""
    labels: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Axis:
    """An axis: a number line from the first limit to the second, or names at 0, 1, 2, ..."""

    name: str
    limits: tuple[float, float] = (0.0, 1.0)
    labels: Sequence[str] = ()

    def ticks(self) -> list[tuple[float, str]]:
        """Return places with their texts: the labels, or the limits and the quarters between them."""
        if self.labels:
            return [(float(place), label) for place, label in enumerate(self.labels)]
        low, high = self.limits
        places = [low + (high - low) * step / 4 for step in range(5)]
        nothing = 1e-9 * abs(high - low)  # a sum that should be 0 is not printed as 5.55e-17
        return [(place, f"{0.0 if abs(place) < nothing else place:.6g}") for place in places]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A picture: what it is called, what can be seen in it, and its marks, the first below the others."""

    title: str
    description: str
    x: Axis
    y: Axis
    marks: Sequence[Mark]


def run_charts(
    report: Mapping[str, Any],
    genes_by_auroc: Sequence[int],
    risk_coverage: Points = (),
    by_gene_rate: Sequence[RateBin] = (),
) -> list[Chart]:
    """Return the charts of a run; those of which nothing is known are left out.

    Parameters
    ----------
    report
        As in the run folder (:meth:`core_harness.metrics.Report.as_dict`).
    genes_by_auroc
        Number of genes in equal bins of AUROC from 0 to 1.
    risk_coverage, by_gene_rate
        The curves of :mod:`~core_harness.metrics.abstention` and :mod:`~core_harness.metrics.prior`.
    """
    metrics, reliability = report["metrics"], report.get("reliability")
    charts = []
    if sum(genes_by_auroc):
        charts.append(genes_chart(genes_by_auroc, metrics["macro_gene_auroc"]))
    if reliability:
        charts.append(reliability_chart(reliability, metrics["ece"]["value"]))
    if risk_coverage:
        charts.append(risk_coverage_chart(risk_coverage, metrics["risk_coverage_area"]["value"]))
    if by_gene_rate:
        charts.append(gene_rate_chart(by_gene_rate))
    return charts


def genes_chart(counts: Sequence[int], auroc: Mapping[str, Any] | None = None) -> Chart:
    """Return the number of genes by their AUROC, with their mean and its interval where it is given."""
    bins, top = len(counts), round_limits(0, max(1, *counts))[1]
    edges = [step / bins for step in range(bins + 1)]
    words = [
        f"Number of genes by their AUROC, in {bins} bins.",
        f"{sum(counts[bins // 2 :]):,} of {sum(counts):,} genes lie at .5, which is chance, or above.",
    ]
    interval, mean = [], []
    if auroc is not None and auroc["value"] is not None:
        words.append(f"Their mean is {figure(auroc)}.")
        value, low, high = auroc["value"], auroc["low"], auroc["high"]
        mean.append(Mark(kind="rule", points=((value, 0), (value, top)), name="mean [95 %]"))
        if low is not None:
            outline = ((low, 0), (high, 0), (high, top), (low, top))
            interval.append(Mark(kind="band", points=outline))
    return Chart(
        title="AUROC gene by gene",
        description=" ".join(words),
        x=Axis(name="AUROC of the gene"),
        y=Axis(name="genes", limits=(0.0, top)),
        marks=(
            *interval,
            Mark(kind="bars", points=list(zip(edges, (*counts, 0), strict=True)), name="genes"),
            Mark(kind="guide", points=((0.5, 0), (0.5, top)), name="chance"),
            *mean,
        ),
    )


def reliability_chart(bins: Sequence[Mapping[str, Any]], error: float) -> Chart:
    """Return the share of positives by mean score; ``error`` is the expected calibration error."""
    points = [(part["mean_score"], part["positives"]) for part in bins]
    first, last = points[0], points[-1]
    return Chart(
        title="Reliability",
        description=(
            f"Share of positives by mean score, in {len(points)} bins of equal size. In the lowest bin the "
            f"mean score is {first[0]:.2f} and {first[1]:.0%} are positive, in the highest {last[0]:.2f} and "
            f"{last[1]:.0%}. Perfect scores lie on the diagonal; the expected calibration error is "
            f"{error:.3f}."
        ),
        x=Axis(name="mean score"),
        y=Axis(name="share of positives"),
        marks=(
            Mark(kind="guide", points=((0, 0), (1, 1)), name="perfect"),
            Mark(kind="line", points=points, name="this run"),
            Mark(kind="dots", points=points),
        ),
    )


def risk_coverage_chart(points: Points, area: float) -> Chart:
    """Return the share of wrong answers among the surest pairs; ``area`` is the area under the curve."""
    half = min(points, key=lambda point: abs(point[0] - 0.5))
    return Chart(
        title="Risk and coverage",
        description=(
            "Share of wrong answers at .5 among the surest pairs, by how many of the pairs are taken. "
            f"Among the surest {half[0]:.0%} it is {half[1]:.1%}, among all {points[-1][1]:.1%}; the area "
            f"under the curve is {area:.3f}."
        ),
        x=Axis(name="share of pairs taken, surest first"),
        y=Axis(name="share of wrong answers", limits=_share_limits(risk for _, risk in points)),
        marks=(Mark(kind="line", points=points, name="this run"),),
    )


def gene_rate_chart(bins: Sequence[RateBin]) -> Chart:
    """Return the scores by how often their gene responds in the support."""
    outline = [(part.gene_rate, part.low) for part in bins]
    outline += [(part.gene_rate, part.high) for part in reversed(bins)]
    limits = _share_limits(part.gene_rate for part in bins)
    return Chart(
        title="Score and gene frequency",
        description=(
            "Scores of pairs by how often their gene responds in the support, in bins of equal size: median "
            f"and the middle 80 %. For the rarest genes (rate {bins[0].gene_rate:.2f}) the median score is "
            f"{bins[0].median:.2f}, for the most frequent (rate {bins[-1].gene_rate:.2f}) it is "
            f"{bins[-1].median:.2f}. A narrow band along the dashed line would be gene frequency in other "
            "words."
        ),
        x=Axis(name="how often the gene responds in the support", limits=limits),
        y=Axis(name="score"),
        marks=(
            Mark(kind="band", points=outline, name="middle 80 % of the scores"),
            Mark(kind="guide", points=((0, 0), (limits[1], limits[1])), name="gene frequency"),
            Mark(kind="line", points=[(part.gene_rate, part.median) for part in bins], name="median score"),
            Mark(kind="dots", points=[(part.gene_rate, part.positives) for part in bins], name="positives"),
        ),
    )


_NAMED = 12
"""Runs that the words of a scatter name."""

Interval = tuple[str, float | None, float | None, float | None]
"""A name, a value and the ends of its interval."""


def comparison_charts(comparison: Comparison) -> list[Chart]:
    """Return the runs with their intervals, and their differences."""
    metric = METRICS[comparison.metric]
    runs: list[Interval] = [
        (plain(", ".join(filter(None, (run.method, run.control)))), run.value, run.low, run.high)
        for run in comparison.runs
    ]
    differences: list[Interval] = []
    for contrast in comparison.contrasts:
        found = contrast.difference
        name = f"{runs[contrast.second][0]} - {runs[contrast.first][0]}"
        differences.append((name, found.value, found.low, found.high))
    return [
        intervals_chart("Runs", metric.label, runs, metric.chance),
        intervals_chart("Differences", f"difference in {metric.label}", differences, 0.0),
    ]


def strata_charts(strata: Sequence[Stratum]) -> list[Chart]:
    """Return macro-per-gene AUROC among pairs that are alike in one respect, a chart for each respect."""
    metric = METRICS["macro_gene_auroc"]
    rows: dict[str, list[Interval]] = {}
    for part in strata:
        name = f"{part.lowest:.3g} to {part.highest:.3g}"
        rows.setdefault(part.by, []).append((name, part.value, part.low, part.high))
    return [
        intervals_chart(f"By {by}", f"{metric.label} by {by}", parts, metric.chance)
        for by, parts in rows.items()
    ]


def scatter_chart(runs: Sequence[tuple[str, float, float]]) -> Chart:
    """Return runs by pooled AUROC (the first number) and macro-per-gene AUROC (the second), at least one."""
    words = "; ".join(f"{name}: {pooled:.3f}, {per_gene:.3f}" for name, pooled, per_gene in runs[:_NAMED])
    more = f"; and {len(runs) - _NAMED} more" if len(runs) > _NAMED else ""
    points = [(pooled, per_gene) for _, pooled, per_gene in runs]
    low = min(value for point in points for value in point)
    limits = (0.4 if low >= 0.4 else 0.0, 1.0)
    return Chart(
        title="Pooled and per gene",
        description=(
            "Each dot is a run: pooled AUROC to the right, macro-per-gene AUROC upwards. Far to the right, "
            "on the dashed line, lies what knows how often a gene responds and not what moves it. "
            f"Pooled and per gene, best first: {words}{more}."
        ),
        x=Axis(name=METRICS["pooled_auroc"].label, limits=limits),
        y=Axis(name=METRICS["macro_gene_auroc"].label, limits=limits),
        marks=(
            Mark(kind="guide", points=((limits[0], 0.5), (limits[1], 0.5)), name="chance within genes"),
            Mark(kind="dots", points=points, name="a run", labels=[name for name, *_ in runs]),
        ),
    )


def intervals_chart(title: str, name: str, rows: Sequence[Interval], guide: float | None) -> Chart:
    """Return values with their intervals, one below the other, and a guide at a value of interest."""
    bottom, top = len(rows) - 0.5, -0.5
    ends = [end for _, *interval in rows for end in interval if end is not None]
    ends += [] if guide is None else [guide]
    marks = [] if guide is None else [Mark(kind="guide", points=((guide, top), (guide, bottom)))]
    marks += [
        Mark(kind="rule", points=((low, place), (high, place)))
        for place, (_, _, low, high) in enumerate(rows)
        if low is not None and high is not None
    ]
    dots = [(value, float(place)) for place, (_, value, _, _) in enumerate(rows) if value is not None]
    words = (
        f"{label}: {figure({'value': value, 'low': low, 'high': high})}" for label, value, low, high in rows
    )
    return Chart(
        title=title,
        description=f"{name} with 95 % intervals over perturbations. {'; '.join(words)}.",
        x=Axis(name=f"{name} [95 %]", limits=limits_around(ends)),
        y=Axis(name="", limits=(bottom, top), labels=[label for label, *_ in rows]),
        marks=[*marks, Mark(kind="dots", points=dots)],
    )


def limits_around(values: Sequence[float]) -> tuple[float, float]:
    """Return the limits of an axis on which no value lies at the very end."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = 0.03 * (high - low)
    return round_limits(low - room, high + room)


def round_limits(low: float, high: float) -> tuple[float, float]:
    """Return limits around ``low`` and ``high``, four steps apart of 1, 2, 2.5 or 5 times a power of ten."""
    if high - low < 1e-9:  # one value only: some room on both sides
        low, high = low - 0.05, high + 0.05
    power = 10.0 ** math.floor(math.log10((high - low) / 4))
    for times in (1, 2, 2.5, 5, 10, 20):
        step = times * power
        start = math.floor(low / step + 1e-9) * step  # rounding must not cost a step
        if start + 4 * step >= high - 1e-9 * step:
            break
    return start, start + 4 * step


def _share_limits(shares: Iterable[float]) -> tuple[float, float]:
    """Return the limits of an axis from 0 to the largest of the shares, or a little above it."""
    return 0.0, min(1.0, round_limits(0.0, max(0.01, *shares))[1])
