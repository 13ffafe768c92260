"""Curves for pictures: they agree with the metrics that they belong to."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.metrics import SCORED, checked, measures
from core_harness.metrics.abstention import risk_coverage
from core_harness.metrics.bins import equal_mass
from core_harness.metrics.prior import scores_by_gene_rate

from .worlds import SIXTEENTHS, scored_frames


@given(scored_frames(min_size=1))
def test_the_area_under_the_risk_coverage_curve_is_the_metric(scored: pl.DataFrame) -> None:
    rows = checked(scored)
    points = risk_coverage(rows, points=10 * rows.height)
    widths = [here - before for (here, _), (before, _) in zip(points, [(0.0, 0.0), *points], strict=False)]
    area = sum(width * risk for width, (_, risk) in zip(widths, points, strict=True))
    assert area == pytest.approx(measures(rows)["risk_coverage_area"].estimate())
    assert points[-1][0] == 1.0


@given(scored_frames(min_size=1), st.integers(1, 10))
def test_few_points_are_points_of_the_whole_curve(scored: pl.DataFrame, points: int) -> None:
    rows = checked(scored)
    few = risk_coverage(rows, points=points)
    assert set(few) <= set(risk_coverage(rows, points=10 * rows.height))
    assert 1 <= len(few) <= points
    assert few[-1][0] == 1.0


@given(scored_frames(min_size=1))
def test_scores_by_gene_rate_hold_every_pair_once(scored: pl.DataFrame) -> None:
    rows = checked(scored)
    found = scores_by_gene_rate(rows)
    assert sum(part.pairs for part in found) == rows.height
    assert sum(part.positives * part.pairs for part in found) == pytest.approx(rows["label"].sum())
    rates = [part.gene_rate for part in found]
    assert rates == sorted(rates)
    assert all(part.low <= part.median <= part.high for part in found)


@given(st.lists(SIXTEENTHS, min_size=1, max_size=50), st.integers(1, 10))
def test_bins_of_equal_mass_keep_ties_together_and_follow_the_values(values: list[float], bins: int) -> None:
    found = equal_mass(pl.Series(values), bins).tolist()
    assert all(0 <= place < bins for place in found)
    pairs = list(zip(values, found, strict=True))
    assert all(here <= there for low, here in pairs for high, there in pairs if low <= high)
    if len(set(values)) == len(values):
        assert max(map(found.count, found)) <= -(-len(values) // bins)


def test_nothing_has_no_curve() -> None:
    assert risk_coverage(pl.DataFrame(schema={**SCORED, "cluster": pl.UInt32})) == ()
