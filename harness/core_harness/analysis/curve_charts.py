"""Charts of curves: a metric by how much was measured, a chart a method."""

from __future__ import annotations

from collections.abc import Sequence

from core_harness.analysis.charts import Axis, Chart, Mark, limits_around
from core_harness.analysis.curve import Curve, Point
from core_harness.metrics.catalog import METRICS
from core_harness.metrics.metric import Metric
from core_harness.text import figure, plain


def curve_charts(curve: Curve) -> list[Chart]:
    """Return a chart a method: the metric by how many perturbations were measured, on one scale for all."""
    metric = METRICS[curve.metric]
    points = [point for of_method in curve.methods.values() for point in of_method]
    ends = [end for point in points for end in (point.value, point.low, point.high) if end is not None]
    limits = limits_around([*ends, *([] if metric.chance is None else [metric.chance])])
    return [_curve_chart(label, of_method, metric, limits) for label, of_method in curve.methods.items()]


def _curve_chart(label: str, points: Sequence[Point], metric: Metric, limits: tuple[float, float]) -> Chart:
    last = len(points) - 0.5
    values = [(float(place), point.value) for place, point in enumerate(points)]
    words = (
        f"{point.budget}: {figure({'value': point.value, 'low': point.low, 'high': point.high})}"
        for point in points
    )
    marks = (
        []
        if metric.chance is None
        else [Mark(kind="guide", points=((-0.5, metric.chance), (last, metric.chance)), name="chance")]
    )
    marks += [
        Mark(kind="rule", points=((place, point.low), (place, point.high)))
        for place, point in enumerate(points)
        if point.low is not None and point.high is not None
    ]
    return Chart(
        title=plain(label),
        description=(
            f"{metric.label} by number of measured perturbations, with 95 % intervals over perturbations and "
            f"draws. {'; '.join(words)}."
        ),
        x=Axis(
            name="measured perturbations", limits=(-0.5, last), labels=[str(point.budget) for point in points]
        ),
        y=Axis(name=f"{metric.label} [95 %]", limits=limits),
        marks=[*marks, Mark(kind="line", points=values), Mark(kind="dots", points=values)],
    )
