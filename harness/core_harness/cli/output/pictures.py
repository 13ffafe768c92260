"""Pictures for papers and slides, ``--plot FILE.svg`` or ``FILE.png``, drawn by matplotlib (an extra).

Each has a title and a description in words, which an SVG file carries as its text alternative.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core_harness.analysis.compare import Comparison
from core_harness.errors import UsageError
from core_harness.metrics.names import NAMES
from core_harness.text import figure, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, SOFT, FILL = "#1b1b1b", "#8a8a8a", "#3b6ea8"
"""Colours of lines and text, of guides, of bars and points; they differ in lightness too."""

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and edited
    "svg.hashsalt": "core-harness",  # the same picture is the same file
    "text.parse_math": False,  # a $ in a name is a $
}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Panels in a row, with a title and a description of them in words."""

    title: str
    description: str
    panels: Sequence[Callable[[Axes], None]]
    height: float = 3.4

    def save(self, path: Path) -> None:
        """Write the picture whole or not at all. Raises :class:`UsageError` where that cannot be."""
        import matplotlib as mpl
        from matplotlib.figure import Figure

        form = path.suffix.lower().removeprefix(".")
        content = io.BytesIO()
        with mpl.rc_context(_STYLE):
            drawn = Figure(figsize=(4.2 * len(self.panels), self.height), layout="constrained")
            drawn.suptitle(self.title, fontsize=9)
            for axes, panel in zip(
                drawn.subplots(1, len(self.panels), squeeze=False)[0], self.panels, strict=True
            ):
                panel(axes)
            about = {"Title": self.title, "Description": self.description}
            undated = {"Date": None}  # the same picture is the same file
            drawn.savefig(content, format=form, dpi=200, metadata=undated if form == "svg" else about)
        whole = content.getvalue()
        if form == "svg":
            whole = _with_alternative(whole.decode(), self.title, self.description).encode()
        temporary = path.with_name(f"{path.name}.tmp")
        try:
            temporary.write_bytes(whole)
            temporary.replace(path)
        except OSError as error:
            raise UsageError(
                f"cannot write {path}: {error.strerror}; name another file with --plot"
            ) from None


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


def picture_of_run(title: str, report: Mapping[str, Any], genes_by_auroc: Sequence[int]) -> Picture:
    """Return the reliability curve and the number of genes by AUROC, as far as they are known.

    Parameters
    ----------
    title
        The run, its dataset and regime, and whether anything is simulated.
    report
        The report of the run folder.
    genes_by_auroc
        Number of genes in equal bins of AUROC from 0 to 1; empty where the dataset cannot be read.
    """
    auroc = report["metrics"]["macro_gene_auroc"]
    curve = report.get("reliability") or ()
    words = [f"Macro-per-gene AUROC {figure(auroc)} over {auroc['genes']:,} genes; .5 is chance."]
    panels: list[Callable[[Axes], None]] = []
    if curve:
        panels.append(lambda axes: _reliability(axes, curve))
        points = ", ".join(f"{part['mean_score']:.2f} and {part['positives']:.2f}" for part in curve)
        words.append(f"Mean score and share of positives in bins of equal mass: {points}.")
    if sum(genes_by_auroc):
        panels.append(lambda axes: _genes(axes, genes_by_auroc, auroc))
        words.append(f"Genes by AUROC, from 0 to 1: {', '.join(map(str, genes_by_auroc))}.")
    if not panels:
        raise UsageError("--plot: the run has neither a reliability curve nor genes with both classes")
    return Picture(title=plain(title), description=" ".join(words), panels=panels)


def picture_of_comparison(title: str, comparison: Comparison) -> Picture:
    """Return the runs with their intervals and, in a second panel, their differences."""
    metric = NAMES.get(comparison.metric, comparison.metric)
    runs = [
        (plain(", ".join(filter(None, (run.method, run.control)))), run.value, run.low, run.high)
        for run in comparison.runs
    ]
    differences = [
        (
            f"{runs[contrast.second][0]} - {runs[contrast.first][0]}",
            contrast.difference.value,
            contrast.difference.low,
            contrast.difference.high,
        )
        for contrast in comparison.contrasts
    ]
    chance = 0.5 if "auroc" in comparison.metric else None
    described = (
        f"{name}: {figure({'value': value, 'low': low, 'high': high})}"
        for name, value, low, high in (*runs, *differences)
    )
    return Picture(
        title=plain(title),
        description=f"{metric} with 95 % intervals over perturbations. {'; '.join(described)}.",
        panels=[
            lambda axes: _intervals(axes, runs, metric, chance),
            lambda axes: _intervals(axes, differences, f"difference in {metric}", 0.0),
        ],
        height=1.6 + 0.3 * max(len(runs), len(differences)),
    )


def _reliability(axes: Axes, curve: Sequence[Mapping[str, Any]]) -> None:
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1)
    scores, shares = ([part[key] for part in curve] for key in ("mean_score", "positives"))
    axes.plot(scores, shares, color=FILL, marker="o", markersize=4)
    axes.set(xlabel="mean score", ylabel="share of positives", xlim=(0, 1), ylim=(0, 1))
    axes.set_aspect("equal")


def _genes(axes: Axes, counts: Sequence[int], auroc: Mapping[str, Any]) -> None:
    width = 1 / len(counts)
    axes.bar([place * width for place in range(len(counts))], counts, width=width, align="edge", color=FILL)
    axes.axvline(0.5, color=SOFT, linestyle="--", linewidth=1)
    if auroc["low"] is not None:
        axes.axvspan(auroc["low"], auroc["high"], color=INK, alpha=0.2, linewidth=0)
    if auroc["value"] is not None:
        axes.axvline(auroc["value"], color=INK, linewidth=1.5)
    axes.set(xlabel="AUROC of the gene (line: mean [95 %])", ylabel="genes", xlim=(0, 1))


def _intervals(
    axes: Axes,
    rows: Sequence[tuple[str, float | None, float | None, float | None]],
    name: str,
    guide: float | None,
) -> None:
    if guide is not None:
        axes.axvline(guide, color=SOFT, linestyle="--", linewidth=1)
    for place, (_, value, low, high) in enumerate(rows):
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], color=INK, linewidth=1.5)
        if value is not None:
            axes.plot([value], [place], color=FILL, marker="o", markersize=5)
    axes.set_yticks(range(len(rows)), [label for label, *_ in rows])
    axes.set(xlabel=f"{name} [95 %]", ylim=(len(rows) - 0.5, -0.5))


def _with_alternative(svg: str, title: str, description: str) -> str:
    """Return an SVG with ``title`` and ``desc``, which screen readers read aloud."""
    words = f"<title id='title'>{html.escape(title)}</title><desc id='desc'>{html.escape(description)}</desc>"
    return re.sub(
        r"<svg ([^>]*)>",
        lambda found: f"<svg role='img' aria-labelledby='title desc' {found[1]}>\n {words}",
        svg,
        count=1,
    )
