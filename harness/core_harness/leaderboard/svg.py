"""Where the marks of a chart lie on a page; ``chart.svg`` draws them, in the colours of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_harness.analysis.charts import Chart, Mark

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 44
"""Margins: room for the texts of the axes."""


@dataclass(frozen=True)
class Drawing:
    """A chart drawn on ``width`` by ``height`` user units of an SVG."""

    chart: Chart
    width: ClassVar[int] = 420
    height: ClassVar[int] = 300

    def x(self, value: float) -> float:
        """Return where a value lies from the left."""
        low, high = self.chart.x.limits
        return round(_LEFT + (value - low) / (high - low) * (self.width - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        """Return where a value lies from the top."""
        low, high = self.chart.y.limits
        return round(self.height - _BOTTOM - (value - low) / (high - low) * (self.height - _TOP - _BOTTOM), 1)

    def path(self, mark: Mark) -> str:
        """Return the points of a mark as SVG has them."""
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in mark.points)

    def bars(self, mark: Mark) -> list[tuple[float, float, float, float]]:
        """Return the bars of a mark: left, top, width, height."""
        base = self.y(self.chart.y.limits[0])
        edges = [self.x(x) for x, _ in mark.points]
        tops = [self.y(y) for _, y in mark.points[:-1]]
        return [
            (left, top, max(0.5, round(right - left - 1, 1)), round(base - top, 1))
            for left, right, top in zip(edges, edges[1:], tops, strict=False)
        ]
