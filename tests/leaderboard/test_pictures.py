"""Pictures stay on their paper, whatever the figures are."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metrics.worlds import scored_frames

from core_harness.leaderboard.figures import Figures
from core_harness.leaderboard.pictures import HEIGHT, WIDTH, Chart, _rounded_up, charts
from core_harness.metrics import Resampled, checked, report
from core_harness.metrics.abstention import risk_coverage
from core_harness.metrics.by_segment import genes_by_auroc
from core_harness.metrics.prior import scores_by_gene_rate


def figures_of(scored: pl.DataFrame) -> Figures:
    rows = checked(scored)
    return Figures(
        report=report(scored, seed=0, resamples=0).as_dict(),
        ranking=Resampled(value=0.5, values=pl.Series([0.5]).to_numpy(), scale=1.0),
        genes_by_auroc=genes_by_auroc([rows]),
        risk_coverage=risk_coverage(rows),
        by_gene_rate=scores_by_gene_rate(rows),
        best=(),
        worst=(),
    )


@settings(max_examples=40)  # each makes a whole report
@given(scored_frames(min_size=1))
def test_every_mark_lies_on_the_paper(scored: pl.DataFrame) -> None:
    for chart in charts(figures_of(scored)):
        for mark in chart.marks:
            for place in chart.path(mark).split():
                x, y = map(float, place.split(","))
                assert 0 <= x <= WIDTH
                assert 0 <= y <= HEIGHT
        assert not re.search(r"nan|inf|None", chart.description)


@given(st.floats(0.001, 1e6))
def test_an_axis_ends_at_a_round_number_not_far_above(most: float) -> None:
    end = _rounded_up(most)
    assert most * (1 - 1e-9) <= end <= 2.01 * most
    chart = Chart(title="", description="", x_name="", y_name="", marks=(), y_limits=(0, end))
    ticks = [text for _, text in chart.ticks(chart.y_limits)]
    assert [float(text) for text in ticks] == pytest.approx([end * step / 4 for step in range(5)], rel=1e-5)
    assert all(len(text) <= 7 for text in ticks)
