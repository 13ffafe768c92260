from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from core_harness.metrics import Resampled, checked, draw_clusters, measures, report
from core_harness.metrics.segments import Floats
from metrics.worlds import SIXTEENTHS, scored_frames, values, weights_of


def slow_ece(rows: pl.DataFrame, weight: Floats) -> float:
    score, label = rows["score"].to_numpy(), rows["label"].to_numpy().astype(np.float64)
    bins = np.floor(10 * (rankdata(score) - 0.5) / len(score) + 1e-9)
    total = 0.0
    for number in set(bins):
        mine = bins == number
        if weight[mine].sum():
            gap = np.average(score[mine], weights=weight[mine]) - np.average(
                label[mine], weights=weight[mine]
            )
            total += weight[mine].sum() / weight.sum() * abs(gap)
    return total


def ece(label: list[int], score: list[float]) -> float | None:
    n = len(label)
    frame = pl.DataFrame({"perturbation": [f"p{i}" for i in range(n)], "label": label, "score": score})
    frame = frame.with_columns(context=pl.lit("a"), gene=pl.lit("g"), status=pl.lit("ok"), gene_rate=0.5)
    return values(frame, "ece")["ece"]


@given(st.data(), scored_frames(st.one_of(SIXTEENTHS, st.floats(0, 1)), min_size=1))
def test_ece_is_the_weighted_gap_of_bins_that_stay(data: st.DataObject, frame: pl.DataFrame) -> None:
    rows = checked(frame)
    weights = data.draw(weights_of(rows["cluster"].n_unique()))
    weight = weights[rows["cluster"].to_numpy(), 0]
    wanted = slow_ece(rows, weight) if weight.sum() else np.nan
    np.testing.assert_allclose(measures(rows)["ece"].of(weights), [wanted], rtol=0, atol=1e-12)


def test_bins_hold_equal_numbers() -> None:
    # 20 distinct scores: 10 bins of neighbours, one positive and one negative in each
    score = [(i + 0.5) / 20 for i in range(20)]
    centre = [(score[i] + score[i + 1]) / 2 for i in range(0, 20, 2)]
    assert ece([0, 1] * 10, score) == pytest.approx(np.mean([abs(c - 0.5) for c in centre]), abs=1e-12)


@pytest.mark.parametrize(("one", "other"), [(0.5, 0.5), (0.0, -0.0)])
def test_equal_scores_share_a_bin(one: float, other: float) -> None:
    # split over bins, 50 ones and 50 zeros would each be 1/2 away from their mean
    assert ece([1] * 50 + [0] * 50, [one] * 50 + [other] * 50) == abs(one - 0.5)


@given(scored_frames(min_size=1))
def test_gene_frequency_has_no_skill_over_itself(frame: pl.DataFrame) -> None:
    measure = measures(checked(frame.with_columns(score="gene_rate")))["brier_skill"]
    draws = draw_clusters(measure.clusters, seed=0, resamples=20)
    found = Resampled.of([measure], draws)
    # not a number where gene frequency makes no error at all
    assert set(np.nan_to_num([found.value, *found.values])) == {0.0}


def test_skill_is_the_share_of_gene_frequencys_error_that_is_gone() -> None:
    frame = pl.DataFrame({"perturbation": ["p", "q"], "label": [1, 0], "score": [0.75, 0.25]})
    frame = frame.with_columns(context=pl.lit("a"), gene=pl.lit("g"), status=pl.lit("ok"), gene_rate=0.5)
    assert report(frame, seed=0, resamples=0).metrics["brier_skill"].value == 0.75


@given(scored_frames(st.one_of(SIXTEENTHS, st.floats(0, 1)), min_size=1))
def test_the_reliability_curve_is_what_ece_measures(frame: pl.DataFrame) -> None:
    found = report(frame, seed=0, resamples=0)
    curve = found.reliability
    assert sum(part.pairs for part in curve) == frame.height
    assert [part.mean_score for part in curve] == sorted(part.mean_score for part in curve)
    gaps = sum(part.pairs * abs(part.mean_score - part.positives) for part in curve)
    assert found.metrics["ece"].value == pytest.approx(gaps / frame.height, abs=1e-12)


def test_the_reliability_curve_has_ten_bins_of_equal_mass_where_scores_do_not_tie() -> None:
    n = 100
    frame = pl.DataFrame(
        {"perturbation": [f"p{i}" for i in range(n)], "label": [1, 0] * 50, "score": np.linspace(0, 1, n)}
    ).with_columns(context=pl.lit("a"), gene=pl.lit("g"), status=pl.lit("ok"), gene_rate=0.5)
    curve = report(frame, seed=0, resamples=0).reliability
    assert [(part.pairs, part.positives) for part in curve] == [(10, 0.5)] * 10


@pytest.mark.parametrize("outside", [-0.01, 1.01])
def test_scores_that_are_no_probabilities_have_ranks_but_no_calibration(outside: float) -> None:
    frame = pl.DataFrame({"perturbation": ["p", "q", "r"], "label": [0, 1, 0], "score": [0.1, 0.5, outside]})
    frame = frame.with_columns(context=pl.lit("a"), gene=pl.lit("g"), status=pl.lit("ok"), gene_rate=0.5)
    found = report(frame, seed=0, resamples=10).metrics
    names = ("brier", "brier_skill", "ece", "calibration_slope", "calibration_ratio", "overestimation")
    assert {(found[name].value, found[name].low, found[name].high) for name in names} == {(None,) * 3}
    assert {found[name].pairs for name in names} == {3}
    assert found["pooled_auroc"].value is not None
