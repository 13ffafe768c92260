"""Where the marks of a chart lie on a page; ``chart.svg`` draws them, in the colours of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_harness.analysis.charts import Chart, Mark

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 44
"""Margins: room for the texts of the axes."""

_LETTER = 6.0
"""Width of a letter of a label, on the safe side."""
_LINE = 12
"""Height of a line of text."""
_LONGEST_LABEL = 28
"""Letters of a label that are shown."""
_ROW = 30
"""Height of a labelled row."""

_LEAST, _MOST, _WHISKER_WIDTH = 0.4, 1.0, 120
"""What a whisker shows: an AUROC below .4 tells nothing that one of .4 does not."""


@dataclass(frozen=True)
class Drawing:
    """A chart drawn on ``width`` by ``height`` user units of an SVG."""

    chart: Chart
    width: ClassVar[int] = 420

    @property
    def height(self) -> int:
        """Of the whole drawing; charts with a named row for each value grow with their number."""
        rows = len(self.chart.y.labels)
        return _TOP + _BOTTOM + _ROW * rows if rows else 300

    @property
    def left(self) -> float:
        """Room for the texts of the y axis."""
        return max([_LEFT, *(20 + _LETTER * len(text) for _, text in self.y_ticks())])

    def y_ticks(self) -> list[tuple[float, str]]:
        """Return the places of the y axis with texts that fit."""
        cut = _LONGEST_LABEL - 1
        ticks = self.chart.y.ticks()
        return [(at, text if len(text) <= _LONGEST_LABEL else f"{text[:cut]}…") for at, text in ticks]

    def x(self, value: float) -> float:
        """Return where a value lies from the left."""
        low, high = self.chart.x.limits
        return round(self.left + (value - low) / (high - low) * (self.width - self.left - _RIGHT), 1)

    def y(self, value: float) -> float:
        """Return where a value lies from the top."""
        low, high = self.chart.y.limits
        return round(self.height - _BOTTOM - (value - low) / (high - low) * (self.height - _TOP - _BOTTOM), 1)

    def path(self, mark: Mark) -> str:
        """Return the points of a mark as SVG has them."""
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in mark.points)

    def labels(self, mark: Mark) -> list[tuple[float, float, str, str]]:
        """Return the labels that have room to the right of their dots, or to the left: x, y, anchor, text."""
        placed: list[tuple[float, float, str, str]] = []
        taken: list[tuple[float, float, float]] = []  # from, to, y
        for (x, y), text in zip(mark.points, mark.labels, strict=False):
            across, down, long = self.x(x), self.y(y), _LETTER * len(text)
            right, left = (across + 8, across + 8 + long), (across - 8 - long, across - 8)
            for (start, end), anchor in ((right, "start"), (left, "end")):
                inside = self.left <= start and end <= self.width
                if inside and not any(a < end and start < b and abs(at - down) < _LINE for a, b, at in taken):
                    taken.append((start, end, down))
                    placed.append((round(start if anchor == "start" else end, 1), down + 4, anchor, text))
                    break
        return placed

    def bars(self, mark: Mark) -> list[tuple[float, float, float, float]]:
        """Return the bars of a mark: left, top, width, height."""
        base = self.y(self.chart.y.limits[0])
        edges = [self.x(x) for x, _ in mark.points]
        tops = [self.y(y) for _, y in mark.points[:-1]]
        return [
            (left, top, max(0.5, round(right - left - 1, 1)), round(base - top, 1))
            for left, right, top in zip(edges, edges[1:], tops, strict=False)
        ]


def whisker_x(value: float) -> float:
    """Return where an AUROC lies on the small line that tables draw beside it, in user units."""
    inside = min(max(value, _LEAST), _MOST)
    return round(_WHISKER_WIDTH * (inside - _LEAST) / (_MOST - _LEAST), 1)
