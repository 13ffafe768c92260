from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.errors import PluginError
from core_harness.metrics import SCORED, report
from metrics.worlds import SIXTEENTHS, scored_frames

RANKING = [
    "macro_gene_auroc",
    "macro_gene_auroc_weighted",
    "macro_perturbation_auroc",
    "pooled_auroc",
    "pooled_auprc",
]
CLASSIFICATION = ["accuracy", "balanced_accuracy", "f1", "mcc"]
CALIBRATION = [
    "brier",
    "brier_skill",
    "log_loss",
    "ece",
    "calibration_slope",
    "calibration_ratio",
    "overestimation",
]
MACRO_POLICIES = [f"macro_gene_auroc_unanswered_{policy}" for policy in ("drop", "gene_prior", "wrong")]
POOLED_POLICIES = [f"pooled_auroc_unanswered_{policy}" for policy in ("drop", "gene_prior", "wrong")]
BY_DEFAULT = "macro_gene_auroc_ok_only"
ABSTENTION = ["answer_rate", "risk_coverage_area", *MACRO_POLICIES, *POOLED_POLICIES, BY_DEFAULT]
DIAGNOSTICS = ["gene_prior_correlation", "gene_prior_correlation_labels", "potency_residual_auroc"]
NAMES = [*RANKING, *CLASSIFICATION, *CALIBRATION, *ABSTENTION, *DIAGNOSTICS]
RANKED_IN_GENES = [*RANKING[:2], *MACRO_POLICIES, BY_DEFAULT, "potency_residual_auroc"]
NEED_BOTH_CLASSES = [
    *RANKED_IN_GENES,
    "macro_perturbation_auroc",
    "pooled_auroc",
    *POOLED_POLICIES,
    "balanced_accuracy",
    "mcc",
    "calibration_slope",
    "gene_prior_correlation_labels",
]
NEED_A_POSITIVE = ["pooled_auprc", "calibration_ratio", "overestimation"]
DEFINED_WITHOUT_ANSWERS = ["answer_rate", *MACRO_POLICIES[1:], *POOLED_POLICIES[1:]]


def frame() -> pl.DataFrame:
    rows = [
        ("a", "p", "x", 1, 0.9, "ok", 0.5),
        ("a", "p", "y", 0, 0.2, "no_evidence", 0.25),
        ("a", "q", "x", 0, 0.4, "ok", 0.5),
        ("a", "q", "y", 0, 0.1, "ok", 0.25),
        ("b", "q", "x", 1, None, "failed", 0.75),
        ("b", "r", "x", 0, 0.3, "ok", 0.75),
    ]
    return pl.DataFrame(rows, schema=dict(SCORED), orient="row")


@given(scored_frames(st.one_of(st.none(), SIXTEENTHS, st.floats(-9, 9))))
def test_a_report_is_plain_json_without_nan(pairs: pl.DataFrame) -> None:
    found = json.loads(json.dumps(report(pairs, seed=2, resamples=3).as_dict(), allow_nan=False))
    assert list(found["metrics"]) == NAMES
    for metric in found["metrics"].values():
        assert list(metric) == [
            "value",
            "low",
            "high",
            "drift",
            "genes",
            "perturbations",
            "pairs",
            "interval",
        ]
    assert (found["seed"], found["resamples"], found["share"]) == (2, 3, 0.5)
    assert found["clusters"] == pairs["perturbation"].n_unique()
    for part in found["reliability"]:
        assert list(part) == ["mean_score", "positives", "pairs"]


def test_each_metric_says_what_it_rests_on() -> None:
    found = report(frame(), seed=0, resamples=10).metrics
    rests = {name: (e.genes, e.perturbations, e.pairs) for name, e in found.items()}
    assert rests["macro_gene_auroc"] == rests["macro_gene_auroc_weighted"] == (1, 2, 2)
    assert rests["macro_perturbation_auroc"] == (2, 1, 2)
    assert rests["potency_residual_auroc"] == (1, 2, 2)
    assert {rests[name] for name in ("macro_gene_auroc_unanswered_gene_prior", *MACRO_POLICIES[2:])} == {
        (2, 4, 4)
    }
    everything = ("answer_rate", *POOLED_POLICIES[1:])
    assert {rests[name] for name in everything} == {(3, 4, 6)}
    answered = {"pooled_auroc", *CLASSIFICATION, *CALIBRATION, "risk_coverage_area", *DIAGNOSTICS[:2]}
    assert {rests[name] for name in answered} == {(3, 3, 5)}


def test_coverage_counts_what_was_asked() -> None:
    found = report(frame(), seed=0, resamples=0).as_dict()["coverage"]
    assert found == {
        "pairs": 6,
        "scored": 5,
        "status": {"failed": 1, "no_evidence": 1, "ok": 4},
        "genes": 3,
        "evaluable_genes": 2,
    }


def test_unanswered_pairs_are_left_out_of_all_that_does_not_name_them() -> None:
    whole, answered = (report(f, seed=0, resamples=0) for f in (frame(), frame().drop_nulls("score")))
    same = {*NAMES} - {*DEFINED_WITHOUT_ANSWERS}
    assert [whole.metrics[name] for name in same] == [answered.metrics[name] for name in same]
    assert whole.reliability == answered.reliability


def test_scores_by_default_are_left_out_where_the_metric_says_so() -> None:
    some = frame().with_columns(pl.col("score").fill_null(0.5))
    fallen_back = some.with_columns(
        pl.when(pl.col("gene") == "x").then(pl.lit("no_contrast")).otherwise("status").alias("status")
    )
    kept = fallen_back.filter(pl.col("status") == "ok")
    found, wanted = (report(f, seed=0, resamples=0).metrics for f in (fallen_back, kept))
    assert found[BY_DEFAULT].pairs == wanted["macro_gene_auroc"].pairs
    assert found[BY_DEFAULT].value == wanted["macro_gene_auroc"].value
    assert found["macro_gene_auroc"].pairs > found[BY_DEFAULT].pairs


def test_other_columns_are_ignored() -> None:
    more = frame().with_columns(cluster=pl.lit("mine"), row=pl.lit(7))
    assert report(more, seed=0, resamples=5) == report(frame(), seed=0, resamples=5)


@pytest.mark.parametrize(
    ("pairs", "undefined"),
    [
        (frame().head(0), {*NAMES}),
        (frame().with_columns(score=None), {*NAMES} - {*DEFINED_WITHOUT_ANSWERS}),
        (frame().with_columns(label=0), {*NEED_BOTH_CLASSES, *NEED_A_POSITIVE}),
        (frame().with_columns(label=1), {*NEED_BOTH_CLASSES}),
        (
            frame().filter(pl.col("gene") == "y"),
            {*NEED_BOTH_CLASSES, *NEED_A_POSITIVE, "f1", "gene_prior_correlation"},
        ),
        (
            frame().with_columns(pl.col("score") + 1),
            {*CLASSIFICATION, *CALIBRATION, "risk_coverage_area", "potency_residual_auroc"},
        ),
    ],
    ids=[
        "no pair",
        "no answer",
        "negatives only",
        "positives only",
        "one gene, never moved",
        "no probability",
    ],
)
def test_what_is_not_defined_is_none(pairs: pl.DataFrame, undefined: set[str]) -> None:
    found = report(pairs, seed=0, resamples=20)
    assert {name for name, e in found.metrics.items() if e.value is None} == undefined
    for name in undefined:
        e = found.metrics[name]
        assert (e.low, e.high, e.drift) == (None, None, None)
    assert bool(found.reliability) == ("brier" not in undefined)


def test_one_perturbation_has_no_interval() -> None:
    found = report(frame().filter(pl.col("perturbation") == "p"), seed=0).metrics["pooled_auroc"]
    assert (found.value, found.low, found.high, found.drift) == (1.0, None, None, None)


def test_no_resamples_means_no_intervals() -> None:
    found = report(frame(), seed=0, resamples=0).metrics
    assert {e.low for e in found.values()} == {None}
    assert found["pooled_auroc"].value is not None


def test_no_spread_is_an_interval_of_no_width() -> None:
    many = pl.concat(frame().with_columns(pl.format("{}{}", "perturbation", pl.lit(n))) for n in range(2))
    found = report(many.with_columns(score=0.5), seed=0, resamples=50).metrics["pooled_auroc"]
    assert (found.value, found.low, found.high, found.drift) == (0.5, 0.5, 0.5, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.lit(float("nan")).alias("score"), "column 'score' is nan in row 1 (a, p, x); a score is finite"),
        (
            pl.when(pl.col("gene") == "y").then(float("-inf")).otherwise(0.1).alias("score"),
            "column 'score' is -inf in row 2 (a, p, y)",
        ),
        (pl.lit(2).alias("label"), "column 'label' is 2 in row 1 (a, p, x); a label is 0 or 1"),
        (pl.lit(None).alias("label"), "column 'label' is missing in row 1"),
        (pl.lit(None).alias("perturbation"), "column 'perturbation' is missing in row 1 (a, None, x)"),
        (pl.lit("").alias("perturbation"), "column 'perturbation' is empty in row 1"),
        (pl.lit(None).alias("context"), "column 'context' is missing in row 1"),
        (pl.lit(None).alias("gene"), "column 'gene' is missing in row 1"),
        (pl.lit(None).alias("status"), "column 'status' is missing in row 1"),
        (pl.lit("high").alias("score"), "column 'score' is String, wanted Float64"),
        (pl.lit(None).alias("gene_rate"), "column 'gene_rate' is missing in row 1"),
        (
            pl.lit(1.5).alias("gene_rate"),
            "column 'gene_rate' is 1.5 in row 1 (a, p, x); a rate is from 0 to 1",
        ),
        (pl.lit(float("nan")).alias("gene_rate"), "column 'gene_rate' is nan in row 1"),
    ],
)
def test_a_breach_of_contract_is_one_line(change: pl.Expr, message: str) -> None:
    with pytest.raises(PluginError) as caught:
        report(frame().with_columns(change), seed=0)
    assert message in str(caught.value)
    assert str(caught.value).startswith("scoring")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(PluginError, match="no column 'status'"):
        report(frame().drop("status"), seed=0)
