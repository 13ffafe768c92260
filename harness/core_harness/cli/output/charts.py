"""Charts in a terminal: a bar of characters for each point, and all that can be seen in words."""

from __future__ import annotations

from core_harness.analysis.charts import Chart, Mark
from core_harness.cli.output.console import printable, stdout
from core_harness.cli.output.plots import gauge, sparkline
from core_harness.sections import as_table
from core_harness.text import number

_WIDTH = 40
"""Characters of a bar of full length."""


def print_chart(chart: Chart) -> None:
    """Print the bars or the first line of a chart, one point a row, with its guide as a stroke."""
    console = stdout()
    console.print(f"\n[bold]{printable(chart.title)}[/bold]")
    if rows := chart_rows(chart, ascii_only=console.options.ascii_only):
        console.print(as_table(rows))
    console.print(f"[dim]{printable(chart.description)}[/dim]", soft_wrap=not console.is_terminal)


def chart_rows(chart: Chart, *, ascii_only: bool) -> list[dict[str, str]]:
    """Return the points of a chart as rows: x, y, and y as a bar; empty without bars or a line."""
    shown = next((mark for mark in chart.marks if mark.kind in {"bars", "line"}), None)
    if shown is None:
        return []
    guide = next((mark for mark in chart.marks if mark.kind == "guide" and _is_function(mark)), None)
    low, high = chart.y.limits
    heading = f"{low:g} to {high:g}" + (f" (stroke: {guide.name})" if guide else "")
    rows = []
    for name, x, y in _places(shown):
        stroke = None if guide is None else (_at(guide, x) - low) / (high - low)
        drawn = gauge((y - low) / (high - low), stroke, width=_WIDTH, ascii_only=ascii_only)
        value = f"{y:,}" if isinstance(y, int) else number(y)
        rows.append({chart.x.name: name, chart.y.name: value, heading: drawn})
    return rows


def inline(chart: Chart, *, ascii_only: bool) -> str:
    """Return the bars of a chart in one line, a character each."""
    (bars,) = (mark for mark in chart.marks if mark.kind == "bars")
    return sparkline([round(y) for _, y in bars.points[:-1]], ascii_only=ascii_only)


def _places(mark: Mark) -> list[tuple[str, float, float]]:
    """Return what the points of a mark are called, with their x and y."""
    if mark.kind != "bars":
        return [(number(x), x, y) for x, y in mark.points]
    ends = [x for x, _ in mark.points[1:]]
    return [(f"{x:g} to {end:g}", x, y) for (x, y), end in zip(mark.points, ends, strict=False)]


def _is_function(guide: Mark) -> bool:
    """Return whether a guide has one y for each x."""
    return guide.points[0][0] != guide.points[-1][0]


def _at(guide: Mark, x: float) -> float:
    """Return the y of a straight guide."""
    (x0, y0), (x1, y1) = guide.points[0], guide.points[-1]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
