"""Pictures of a run: what is drawn where. ``chart.svg`` draws it, in the colours of the page.

Each has a title and a description that says in words what can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core_harness.leaderboard.figures import Figures
from core_harness.metrics.by_segment import BINS

WIDTH, HEIGHT = 420, 300
"""Of a picture, in units of its own."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 44

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something drawn from points on the axes; ``name`` stands in the legend, if it is not empty.

    ``band`` is the area of a closed outline; ``bars`` rise from the axis, each from a point's x to the next.
    """

    kind: Literal["line", "dots", "band", "bars", "guide"]
    points: Points
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A picture with its axes, from 0 or lower limits to upper ones."""

    title: str
    description: str
    x_name: str
    y_name: str
    marks: Sequence[Mark]
    x_limits: tuple[float, float] = (0.0, 1.0)
    y_limits: tuple[float, float] = (0.0, 1.0)

    def x(self, value: float) -> float:
        """Return where a value lies from the left."""
        low, high = self.x_limits
        return round(_LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        """Return where a value lies from the top."""
        low, high = self.y_limits
        return round(HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM), 1)

    def path(self, mark: Mark) -> str:
        """Return the points of a mark as SVG has them."""
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in mark.points)

    def bars(self, mark: Mark) -> list[tuple[float, float, float, float]]:
        """Return the bars of a mark: left, top, width, height."""
        base = self.y(self.y_limits[0])
        edges = [self.x(x) for x, _ in mark.points]
        tops = [self.y(y) for _, y in mark.points[:-1]]
        return [
            (left, top, max(0.5, round(right - left - 1, 1)), round(base - top, 1))
            for left, right, top in zip(edges, edges[1:], tops, strict=False)
        ]

    def ticks(self, limits: tuple[float, float]) -> list[tuple[float, str]]:
        """Return five places of an axis with what stands there."""
        low, high = limits
        places = [low + (high - low) * step / 4 for step in range(5)]
        return [(place, f"{place:.6g}") for place in places]


def charts(figures: Figures) -> list[Chart]:
    """Return the pictures of a run; those that need probabilities are left out where there are none."""
    drawn = [_genes(figures)]
    if figures.report["reliability"]:
        drawn.append(_reliability(figures))
    if figures.risk_coverage:
        drawn.append(_risk_coverage(figures))
    if figures.by_gene_rate:
        drawn.append(_gene_rate(figures))
    return drawn


def _reliability(figures: Figures) -> Chart:
    bins = figures.report["reliability"]
    points = [(part["mean_score"], part["positives"]) for part in bins]
    error = figures.report["metrics"]["ece"]["value"]
    first, last = points[0], points[-1]
    return Chart(
        title="Reliability",
        description=(
            f"Share of pairs that came true by mean score, in {len(points)} bins of equal size. In the "
            f"lowest bin the mean score is {first[0]:.2f} and {first[1]:.0%} came true, in the highest "
            f"{last[0]:.2f} and {last[1]:.0%}. Perfect scores lie on the diagonal; the expected calibration "
            f"error is {error:.3f}."
        ),
        x_name="mean score",
        y_name="share that came true",
        marks=(
            Mark(kind="guide", points=((0, 0), (1, 1)), name="perfect"),
            Mark(kind="line", points=points, name="this run"),
            Mark(kind="dots", points=points),
        ),
    )


def _genes(figures: Figures) -> Chart:
    counts = figures.genes_by_auroc
    genes = sum(counts)
    above = sum(counts[BINS // 2 :])
    edges = [step / BINS for step in range(BINS + 1)]
    top = _rounded_up(max(1, *counts))
    return Chart(
        title="AUROC gene by gene",
        description=(
            f"Distribution of AUROC over the {genes:,} genes with both classes, in {BINS} bins. "
            f"{above:,} of them lie at .5, which is chance, or above."
        ),
        x_name="AUROC of the gene",
        y_name="genes",
        y_limits=(0.0, top),
        marks=(
            Mark(kind="bars", points=list(zip(edges, (*counts, 0), strict=True)), name="genes"),
            Mark(kind="guide", points=((0.5, 0), (0.5, top)), name="chance"),
        ),
    )


def _risk_coverage(figures: Figures) -> Chart:
    points = figures.risk_coverage
    area = figures.report["metrics"]["risk_coverage_area"]["value"]
    top = min(1.0, _rounded_up(max(0.01, *(risk for _, risk in points))))
    half = min(points, key=lambda point: abs(point[0] - 0.5))
    return Chart(
        title="Risk and coverage",
        description=(
            "Share of wrong answers at .5 among the surest pairs, by how many of the pairs are taken. "
            f"Among the surest {half[0]:.0%} it is {half[1]:.1%}, among all {points[-1][1]:.1%}; the area "
            f"under the curve is {area:.3f}."
        ),
        x_name="share of pairs taken, surest first",
        y_name="share of wrong answers",
        y_limits=(0.0, top),
        marks=(Mark(kind="line", points=points, name="this run"),),
    )


def _gene_rate(figures: Figures) -> Chart:
    bins = figures.by_gene_rate
    middle = [(part.gene_rate, part.median) for part in bins]
    outline = [(part.gene_rate, part.low) for part in bins]
    outline += [(part.gene_rate, part.high) for part in reversed(bins)]
    right = min(1.0, _rounded_up(max(0.01, *(part.gene_rate for part in bins))))
    return Chart(
        title="Score and gene frequency",
        description=(
            "Scores of pairs by how often their gene responds in the support, in bins of equal size: median "
            f"and the middle 80 %. For the rarest genes (rate {bins[0].gene_rate:.2f}) the median score is "
            f"{bins[0].median:.2f}, for the most frequent (rate {bins[-1].gene_rate:.2f}) it is "
            f"{bins[-1].median:.2f}. A narrow band along the dashed line would be gene frequency in other "
            "words."
        ),
        x_name="how often the gene responds in the support",
        y_name="score",
        x_limits=(0.0, right),
        marks=(
            Mark(kind="band", points=outline, name="middle 80 % of the scores"),
            Mark(kind="guide", points=((0, 0), (right, right)), name="gene frequency"),
            Mark(kind="line", points=middle, name="median score"),
            Mark(kind="dots", points=[(part.gene_rate, part.positives) for part in bins], name="came true"),
        ),
    )


def _rounded_up(most: float) -> float:
    """Return four steps of 1, 2, 2.5 or 5 times a power of ten that reach ``most``: the end of an axis."""
    power = 10.0 ** math.floor(math.log10(most / 4))
    step = next(times * power for times in (1, 2, 2.5, 5, 10) if 4 * times * power >= most * (1 - 1e-9))
    return 4 * step
