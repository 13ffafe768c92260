"""Charts as files for papers and slides, ``--plot FILE.svg`` or ``FILE.png``, drawn by matplotlib (an extra).

Each file has a title and a description in words, which an SVG carries as its text alternative.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core_harness.analysis.charts import Chart, Mark
from core_harness.errors import UsageError
from core_harness.text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, SOFT, FILL = "#1b1b1b", "#8a8a8a", "#3b6ea8"
"""Of rules and text, of guides, of bars and points; they can be distinguished without colours."""

_SETTINGS: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and edited
    "svg.hashsalt": "core-harness",  # the same picture is the same file
    "text.parse_math": False,  # a $ in a name is a $
}

_LINES: dict[str, dict[str, Any]] = {
    "line": {"color": FILL},
    "guide": {"color": SOFT, "linestyle": "--", "linewidth": 1},
    "rule": {"color": INK, "linewidth": 1.5},
    "dots": {"color": FILL, "marker": "o", "markersize": 4, "linestyle": "none"},
}


def check_picture(path: Path | None) -> None:
    """Refuse what cannot be drawn, before any work is done.

    Raises :class:`UsageError` for a file that is neither ``.svg`` nor ``.png``, and where matplotlib is
    not installed.
    """
    if path is None:
        return
    if path.suffix.lower() not in {".svg", ".png"}:
        raise UsageError(f"--plot {path} is neither .svg nor .png; give the file one of these endings")
    if find_spec("matplotlib") is None:
        raise UsageError("--plot needs the extra 'plots': pip install 'core-harness[plots]'")


def save_charts(charts: Sequence[Chart], title: str, path: Path) -> None:
    """Draw charts side by side into a file, which appears whole or not at all.

    Parameters
    ----------
    charts
        At least one.
    title
        What they are of: the run or runs, in which regime, and whether anything is simulated.
    path
        As :func:`check_picture` wants it.

    Raises
    ------
    UsageError
        There is nothing to draw, or the file cannot be written.
    """
    if not charts:
        raise UsageError("--plot: the run has neither a reliability curve nor genes with both classes")
    form = path.suffix.lower().removeprefix(".")
    title = plain(title)
    description = " ".join(f"{chart.title}. {chart.description}" for chart in charts)
    content = _drawn(charts, title, description, form)
    if form == "svg":
        content = _with_alternative(content.decode(), title, description).encode()
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; name another file with --plot") from None


def _drawn(charts: Sequence[Chart], title: str, description: str, form: str) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    content = io.BytesIO()
    height = max(1.6 + 0.3 * len(chart.y.labels) if chart.y.labels else 3.4 for chart in charts)
    with mpl.rc_context(_SETTINGS):
        drawn = Figure(figsize=(4.2 * len(charts), height), layout="constrained")
        drawn.suptitle(title, fontsize=9)
        panels = drawn.subplots(1, len(charts), squeeze=False)[0]
        for axes, chart in zip(panels, charts, strict=True):
            _draw(axes, chart)
        about = {"Title": title, "Description": description}
        undated = {"Date": None}  # the same picture is the same file
        drawn.savefig(content, format=form, dpi=200, metadata=undated if form == "svg" else about)
    return content.getvalue()


def _draw(axes: Axes, chart: Chart) -> None:
    for mark in chart.marks:
        _draw_mark(axes, mark)
    axes.set_title(chart.title, fontsize=8)
    axes.set_xticks(*_places_and_texts(chart.x.ticks()))
    axes.set_yticks(*_places_and_texts(chart.y.ticks()))
    axes.set(xlabel=chart.x.name, ylabel=chart.y.name, xlim=chart.x.limits, ylim=chart.y.limits)
    if any(mark.name for mark in chart.marks):
        axes.legend()


def _draw_mark(axes: Axes, mark: Mark) -> None:
    xs, ys = [x for x, _ in mark.points], [y for _, y in mark.points]
    label = mark.name or "_nolegend_"
    if mark.kind == "bars":
        widths = [right - left for left, right in pairwise(xs)]
        axes.bar(xs[:-1], ys[:-1], width=widths, align="edge", color=FILL, label=label)
    elif mark.kind == "band":
        axes.fill(xs, ys, color=INK, alpha=0.2, linewidth=0, label=label)
    else:
        axes.plot(xs, ys, label=label, **_LINES[mark.kind])


def _places_and_texts(ticks: Sequence[tuple[float, str]]) -> tuple[list[float], list[str]]:
    return [place for place, _ in ticks], [text for _, text in ticks]


def _with_alternative(svg: str, title: str, description: str) -> str:
    """Return an SVG with ``title`` and ``desc``, which screen readers read out."""
    words = f"<title id='title'>{html.escape(title)}</title><desc id='desc'>{html.escape(description)}</desc>"
    return re.sub(
        r"<svg ([^>]*)>",
        lambda found: f"<svg role='img' aria-labelledby='title desc' {found[1]}>\n {words}",
        svg,
        count=1,
    )
