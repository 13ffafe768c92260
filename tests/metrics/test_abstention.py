"""Unanswered pairs under three policies, and unsure pairs on the risk-coverage curve."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.metrics import checked, measures
from core_harness.metrics.segments import Floats
from metrics.worlds import SIXTEENTHS, by_sklearn, scored_frames, values, weights_of

WITH_GAPS = st.one_of(st.none(), SIXTEENTHS)
RANKINGS = ("macro_gene_auroc", "pooled_auroc")


def slow_area(rows: pl.DataFrame, weight: Floats) -> float:
    score, label = rows["score"].to_numpy(), rows["label"].to_numpy()
    wrong = (score >= 0.5) != (label == 1)
    sure = np.abs(score - 0.5)
    risks = [
        np.average(wrong[sure >= s], weights=weight[sure >= s]) if weight[sure >= s].sum() else 0
        for s in sure
    ]
    return float(np.average(risks, weights=weight))


@given(st.data(), scored_frames(min_size=1))
def test_the_area_is_the_mean_risk_over_pairs(data: st.DataObject, frame: pl.DataFrame) -> None:
    rows = checked(frame)
    weights = data.draw(weights_of(rows["cluster"].n_unique()))
    weight = weights[rows["cluster"].to_numpy(), 0]
    wanted = slow_area(rows, weight) if weight.sum() else np.nan
    found = measures(rows)["risk_coverage_area"].of(weights)
    np.testing.assert_allclose(found, [wanted], rtol=0, atol=1e-12)


@given(scored_frames(st.sampled_from([0.3, 0.7]), min_size=1))
def test_where_all_are_equally_sure_the_area_is_the_share_of_wrong_answers(frame: pl.DataFrame) -> None:
    found = values(frame, "accuracy", "risk_coverage_area")
    assert found["accuracy"] is not None
    assert found["risk_coverage_area"] == pytest.approx(1 - found["accuracy"], abs=1e-12)


def test_who_is_surest_where_right_has_a_small_area() -> None:
    frame = pl.DataFrame({"perturbation": ["p", "q"], "label": [1, 1], "score": [0.9, 0.4]}).with_columns(
        context=pl.lit("a"), gene=pl.lit("g"), status=pl.lit("ok"), gene_rate=0.5
    )
    area = "risk_coverage_area"
    assert values(frame, area) == {area: 0.25}  # risks 0 and 1/2
    turned = frame.with_columns(score=pl.Series([0.1, 0.6]))
    assert values(turned, area) == {area: 0.75}  # risks 1 and 1/2


@given(scored_frames(WITH_GAPS))
def test_the_answer_rate_is_a_share(frame: pl.DataFrame) -> None:
    answered = frame["score"].count() / frame.height if frame.height else None
    assert values(frame, "answer_rate") == {"answer_rate": answered}


@given(st.data(), scored_frames(WITH_GAPS, min_size=1))
def test_policies_are_the_metric_of_the_filled_frame(data: st.DataObject, frame: pl.DataFrame) -> None:
    rows = checked(frame)
    weights = data.draw(weights_of(rows["cluster"].n_unique()))
    weight = weights[rows["cluster"].to_numpy(), 0]
    found = measures(rows)
    filled = {
        "drop": rows.drop_nulls("score"),
        "gene_prior": rows.with_columns(pl.col("score").fill_null(pl.col("gene_rate"))),
        "wrong": rows.with_columns(pl.col("score").fill_null(pl.when(label=1).then(-1.0).otherwise(2.0))),
    }
    for policy, pairs in filled.items():
        kept = weight if policy != "drop" else weight[rows["score"].is_not_null().to_numpy()]
        wanted = by_sklearn(pairs.with_columns(pl.col("score").rank("dense") / 99), kept)
        for name in RANKINGS:
            got = found[f"{name}_unanswered_{policy}"].of(weights)
            np.testing.assert_allclose(got, [wanted[name]], rtol=0, atol=1e-12, err_msg=f"{name} {policy}")


@given(scored_frames(WITH_GAPS))
def test_no_policy_is_worse_than_wrong(frame: pl.DataFrame) -> None:
    for name in RANKINGS:
        policies = (f"{name}_unanswered_gene_prior", f"{name}_unanswered_wrong")
        prior, wrong = values(frame, *policies).values()
        assert (prior is None) == (wrong is None)
        if prior is not None and wrong is not None:
            assert wrong <= prior + 1e-12


@given(scored_frames())
def test_where_all_is_answered_policies_agree(frame: pl.DataFrame) -> None:
    found = measures(checked(frame))
    for name in RANKINGS:
        for policy in ("drop", "gene_prior", "wrong"):
            assert found[f"{name}_unanswered_{policy}"] is found[name]


@pytest.mark.parametrize("largest", [1e308, 0.5, -1e308])
def test_wrong_is_below_and_above_any_score(largest: float) -> None:
    frame = pl.DataFrame(
        {
            "perturbation": ["p", "q", "r", "s"],
            "label": [1, 0, 1, 0],
            "score": [largest, -1e308, None, None],
        }
    ).with_columns(context=pl.lit("a"), gene=pl.lit("g"), status=pl.lit("ok"), gene_rate=0.5)
    # of four comparisons only that of the two answered pairs can be won
    won = {1e308: 1.0, 0.5: 1.0, -1e308: 0.5}[largest]
    assert values(frame, "pooled_auroc_unanswered_wrong") == {"pooled_auroc_unanswered_wrong": won / 4}


def test_without_any_answer_a_run_is_its_policy() -> None:
    frame = pl.DataFrame(
        {"perturbation": ["p", "q"], "gene": ["g", "h"], "label": [1, 0], "gene_rate": [0.9, 0.1]}
    ).with_columns(context=pl.lit("a"), status=pl.lit("failed"), score=pl.lit(None, pl.Float64))
    policies = [f"pooled_auroc_unanswered_{policy}" for policy in ("drop", "gene_prior", "wrong")]
    assert list(values(frame, "answer_rate", *policies).values()) == [0.0, None, 1.0, 0.0]
