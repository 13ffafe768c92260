"""A chart is described once: pages, files and terminal draw it, and say the same of it in words."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metrics.worlds import scored_frames

from core_harness.analysis.charts import (
    Axis,
    Chart,
    Mark,
    genes_chart,
    intervals_chart,
    round_limits,
    run_charts,
)
from core_harness.cli.output.charts import chart_rows, inline, print_chart
from core_harness.cli.output.pictures import save_charts
from core_harness.leaderboard.site import environment
from core_harness.metrics import checked, report
from core_harness.metrics.abstention import risk_coverage
from core_harness.metrics.by_segment import genes_by_auroc
from core_harness.metrics.prior import scores_by_gene_rate
from core_harness.pages.svg import Drawing

SVG = "{http://www.w3.org/2000/svg}"
UNHEARD_OF = Chart(
    title="Catch by depth",
    description="Fish by depth of the net, and what the weather said: 3 at 1 m, 1 at 2 m.",
    x=Axis(name="depth", limits=(0.0, 4.0)),
    y=Axis(name="fish", limits=(0.0, 4.0)),
    marks=(
        Mark(kind="band", points=((0, 0), (4, 0), (4, 1))),
        Mark(kind="bars", points=((1, 3), (2, 1), (3, 0)), name="caught"),
        Mark(kind="guide", points=((0, 0), (4, 4)), name="weather"),
        Mark(kind="rule", points=((1.5, 0), (1.5, 4)), name="mean"),
        Mark(kind="dots", points=((1, 3),)),
        Mark(kind="line", points=((1, 3), (2, 1))),
    ),
)


def drawn(chart: Chart) -> ET.Element:
    """Return a chart as pages have it."""
    macro = environment().from_string('{% from "chart.svg" import draw %}{{ draw(Drawing(chart), "c") }}')
    return ET.fromstring(f"<p>{macro.render(chart=chart)}</p>")


def test_every_renderer_draws_what_it_has_not_heard_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    page = "".join(drawn(UNHEARD_OF).itertext())
    save_charts([UNHEARD_OF], "a lake", tmp_path / "lake.svg")
    file = "".join(ET.parse(tmp_path / "lake.svg").getroot().itertext())
    print_chart(UNHEARD_OF)
    terminal = capsys.readouterr().out
    for text in (page, file, terminal):
        for said in (UNHEARD_OF.title, UNHEARD_OF.description, "depth", "fish", "weather"):
            assert said in text
    for text in (page, file):
        assert all(name in text for name in ("caught", "mean"))


def test_a_page_has_every_mark_and_its_words_as_alternative() -> None:
    page = drawn(UNHEARD_OF)
    (svg, *_) = page.iter("svg")
    assert svg.attrib["aria-labelledby"] == "c-title c-desc"
    classes = [element.attrib.get("class") for element in svg.iter()]
    kinds = {mark.kind for mark in UNHEARD_OF.marks}
    assert {kind: classes.count(kind) for kind in kinds} == {kind: 1 + (kind == "bars") for kind in kinds}


def test_a_terminal_shows_points_with_the_guide_as_a_stroke() -> None:
    rows = chart_rows(UNHEARD_OF, ascii_only=True)
    assert [(row["depth"], row["fish"]) for row in rows] == [("1 to 2", "3"), ("2 to 3", "1")]
    bars = [row["0 to 4 (stroke: weather)"] for row in rows]
    assert [bar.count("#") for bar in bars] == [29, 10]  # of 40, the stroke in the first
    assert [bar.index("|") for bar in bars] == [10, 20]
    assert inline(UNHEARD_OF, ascii_only=True) == "#-"


@settings(max_examples=30)  # each makes a whole report
@given(scored_frames(min_size=1))
def test_charts_of_a_run_say_no_nonsense(scored: pl.DataFrame) -> None:
    rows = checked(scored)
    counts = genes_by_auroc([rows])
    found = report(scored, seed=0, resamples=20).as_dict()
    charts = run_charts(found, counts, risk_coverage(rows), scores_by_gene_rate(rows))
    for chart in charts:
        assert not re.search(r"nan|inf|None", chart.description)
        for axis, place in ((chart.x, 0), (chart.y, 1)):
            low, high = axis.limits
            for mark in chart.marks:
                assert all(low - 1e-9 <= point[place] <= high + 1e-9 for point in mark.points)
    titles = [chart.title for chart in charts]
    assert ("AUROC gene by gene" in titles) == (sum(counts) > 0)


def test_the_genes_have_their_mean_where_it_is_known() -> None:
    counts = (0, 1, 2, 3)
    kinds = [mark.kind for mark in genes_chart(counts).marks]
    assert kinds == ["bars", "guide"]
    known = genes_chart(counts, {"value": 0.7, "low": 0.6, "high": 0.8})
    assert [mark.kind for mark in known.marks] == ["band", "bars", "guide", "rule"]
    assert "5 of 6 genes lie at .5" in known.description
    assert "0.700 [0.600, 0.800]" in known.description
    alone = genes_chart(counts, {"value": 0.7, "low": None, "high": None})
    assert [mark.kind for mark in alone.marks] == ["bars", "guide", "rule"]
    assert genes_chart(counts, {"value": None, "low": None, "high": None}) == genes_chart(counts)


NUMBERS = st.floats(-1, 1) | st.none()


@given(st.lists(st.tuples(st.just("run"), NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=8), NUMBERS)
def test_intervals_lie_within_their_axes(
    rows: list[tuple[str, float | None, float | None, float | None]], guide: float | None
) -> None:
    chart = intervals_chart("Runs", "metric", rows, guide)
    low, high = chart.x.limits
    assert low < high
    bottom, top = chart.y.limits
    for mark in chart.marks:
        assert all(low - 1e-6 <= x <= high + 1e-6 and top <= y <= bottom for x, y in mark.points)
    assert [text for _, text in chart.y.ticks()] == ["run"] * len(rows)
    drawing = Drawing(chart)
    assert drawing.y(0) < drawing.y(len(rows) - 0.5)  # the first stands on top


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e6))
def test_an_axis_ends_at_round_numbers_not_far_off(low: float, span: float) -> None:
    first, last = round_limits(low, low + span)
    assert first <= low + 1e-6 * span
    assert last >= low + span - 1e-6 * span
    assert last - first <= 8 * span / 3 + 1e-6


@given(st.floats(0.001, 1e6))
def test_an_axis_from_zero_has_short_ticks(most: float) -> None:
    low, high = round_limits(0.0, most)
    assert low == 0.0
    assert most * (1 - 1e-9) <= high <= 2.01 * most
    ticks = [text for _, text in Axis(name="", limits=(low, high)).ticks()]
    assert [float(text) for text in ticks] == pytest.approx([high * step / 4 for step in range(5)], rel=1e-5)
    assert all(len(text) <= 7 for text in ticks)


def test_no_tick_is_a_sum_that_misses_zero() -> None:
    assert [text for _, text in Axis(name="", limits=(-0.3, 0.1)).ticks()] == [
        "-0.3",
        "-0.2",
        "-0.1",
        "0",
        "0.1",
    ]
    assert round_limits(0.5, 0.5) == pytest.approx((0.44, 0.56), abs=0.02)
