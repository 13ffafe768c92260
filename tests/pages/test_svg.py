"""All marks of a chart lie within its drawing."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from metrics.worlds import scored_frames

from core_harness.analysis.charts import run_charts
from core_harness.metrics import checked, report
from core_harness.metrics.abstention import risk_coverage
from core_harness.metrics.by_segment import genes_by_auroc
from core_harness.metrics.prior import scores_by_gene_rate
from core_harness.pages.svg import Drawing


@settings(max_examples=40)  # each makes a whole report
@given(scored_frames(min_size=1))
def test_every_mark_lies_within_the_drawing(scored: pl.DataFrame) -> None:
    rows = checked(scored)
    charts = run_charts(
        report(scored, seed=0, resamples=20).as_dict(),
        genes_by_auroc([rows]),
        risk_coverage(rows),
        scores_by_gene_rate(rows),
    )
    assert charts
    for drawing in map(Drawing, charts):
        for mark in drawing.chart.marks:
            for place in drawing.path(mark).split():
                x, y = map(float, place.split(","))
                assert 0 <= x <= drawing.width
                assert 0 <= y <= drawing.height
            if mark.kind == "bars":
                assert all(width > 0 and height >= 0 for _, _, width, height in drawing.bars(mark))
