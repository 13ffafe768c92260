"""Comparisons are paired, on the same pairs, or they are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import SMALL, made, rewrite

from core_harness import evaluate
from core_harness.analysis.compare import Comparison, _ranks, compare
from core_harness.analysis.rescore import rescore
from core_harness.errors import RunError, UsageError
from core_harness.evaluation.session import Session
from core_harness.leaderboard.ranking import rank_runs
from core_harness.metrics import Resampled
from core_harness.metrics.by_segment import auroc_by
from core_harness.metrics.catalog import metric_named
from core_harness.metrics.segments import GENE
from core_harness.runs.folder import Run, open_run


def of(*runs: Run, **options: object) -> Comparison:
    return compare(runs, Session(), **{"resamples": 200, **options})  # type: ignore[arg-type]


def test_two_runs(tmp_path: Path) -> None:
    frequency, voting = made(tmp_path)
    found = of(frequency, voting, resamples=1000)
    (contrast,) = found.contrasts
    assert [run.method for run in found.runs] == ["gene-frequency", "voting"]
    assert [run.rank for run in found.runs] == [2, 1]
    assert contrast.significant
    assert contrast.difference.value == pytest.approx(
        (found.runs[1].value or 0) - (found.runs[0].value or 0), abs=1e-12
    )
    # the figures are those of the runs' own reports, intervals included
    for run, compared in zip((frequency, voting), found.runs, strict=True):
        wrote = run.report()["metrics"]["macro_gene_auroc"]
        assert compared.value == pytest.approx(wrote["value"], abs=1e-12)
        assert (compared.low, compared.high) == pytest.approx((wrote["low"], wrote["high"]), abs=1e-12)
        assert sum(compared.genes_by_auroc) == wrote["genes"] == found.genes
    assert found.common == found.pairs == found.runs[0].answered
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["simulated"] is True


def test_equal_methods_share_a_rank_and_the_order_of_runs_says_nothing(tmp_path: Path) -> None:
    frequency, voting = made(tmp_path / "a")
    (again,) = made(tmp_path / "b", ["voting"])
    found = of(voting, frequency, again)
    assert [run.rank for run in found.runs] == [1, 3, 1]
    assert [run.rank for run in of(frequency, again, voting).runs] == [3, 1, 1]
    equal = next(c for c in found.contrasts if (c.first, c.second) == (0, 2))
    assert equal.difference.value == 0.0
    assert equal.p_holm == 1.0


def test_p_values_are_adjusted_for_all_contrasts(tmp_path: Path) -> None:
    found = of(*made(tmp_path, ["gene-frequency", "potency", "voting"]))
    assert len(found.contrasts) == 3
    smallest = min(found.contrasts, key=lambda c: c.difference.p or 0.0)
    assert smallest.p_holm == pytest.approx(min(1.0, 3 * (smallest.difference.p or 0.0)))


def test_of_an_error_the_lower_is_the_better(tmp_path: Path) -> None:
    constant, frequency = made(tmp_path, ["constant", "gene-frequency"])
    found = of(constant, frequency, metric="brier", resamples=500)
    assert found.contrasts[0].significant
    assert (found.contrasts[0].difference.value or 0) < 0
    assert [run.rank for run in found.runs] == [2, 1]


def test_where_there_is_a_target_the_nearer_run_is_the_better(tmp_path: Path) -> None:
    (right,) = made(tmp_path / "right", ["gene-frequency"])
    copies = [made(tmp_path / name, ["gene-frequency"])[0] for name in ("low", "high", "far")]
    low, high, far = (
        rewrite(run, run.predictions().with_columns(pl.col("score") * factor))
        for run, factor in zip(copies, (0.9, 1.1, 0.3), strict=True)
    )
    found = of(far, low, right, high, metric="calibration_ratio")
    # sums of scores by positives of .3, .9, 1.0 and 1.1: the last three differ and are equally right
    assert all(contrast.significant for contrast in found.contrasts)
    assert [run.rank for run in found.runs] == [4, 1, 1, 1]


def test_what_describes_has_differences_and_no_ranks(tmp_path: Path) -> None:
    found = of(*made(tmp_path), metric="gene_prior_correlation")
    assert found.contrasts[0].significant
    assert [run.rank for run in found.runs] == [None, None]


def test_what_changed_most(tmp_path: Path) -> None:
    frequency, voting = made(tmp_path)
    found = of(frequency, voting)
    session = Session()
    first, second = (
        auroc_by(rescore(run, session).repeats[0], GENE).rename({"auroc": name})
        for run, name in ((frequency, "first"), (voting, "second"))
    )
    wanted = first.join(second.select(*GENE, "second"), on=list(GENE)).with_columns(
        change=pl.col("second") - pl.col("first")
    )
    got = found.genes_changed
    assert got.height == wanted.filter(pl.col("change") != 0).height <= found.genes
    assert got["change"].abs().is_sorted(descending=True)
    both = got.join(wanted, on=list(GENE))
    np.testing.assert_allclose(both["change"], both["change_right"], atol=1e-12)
    assert (both["pairs"] == both["positives"] + both["negatives"]).all()
    totals = found.perturbations_changed
    assert (totals["change"] * totals["pairs"]).abs().is_sorted(descending=True)


@pytest.mark.slow
def test_a_control_beside_its_method(tmp_path: Path) -> None:
    (voting,) = made(tmp_path, ["voting"])
    (control,) = made(tmp_path, ["voting"], control="shuffled-labels")
    found = of(control, voting)
    wrote = control.report()["metrics"]["macro_gene_auroc"]["value"]
    assert found.runs[0].value == pytest.approx(wrote, abs=1e-12)
    assert found.runs[0].control == "shuffled-labels"
    assert found.contrasts[0].significant
    assert (found.genes_changed["pairs"] <= 30).all()


def test_unanswered_pairs_are_left_out_of_all_runs(tmp_path: Path) -> None:
    frequency, voting = made(tmp_path)
    predictions = voting.predictions()
    silent = pl.col("pair_id") % 5 == 0
    partly = rewrite(
        voting,
        predictions.with_columns(
            pl.when(~silent).then("score").alias("score"),
            pl.when(silent).then(pl.lit("failed")).otherwise("status").alias("status"),
        ),
    )
    about_answers = of(frequency, partly, metric="answer_rate")
    assert [run.rank for run in about_answers.runs] == [1, 2]
    assert about_answers.common < about_answers.pairs
    found = of(frequency, partly)
    answered = predictions.filter(~silent).height
    assert found.common == answered < found.pairs == predictions.height
    assert [run.answered for run in found.runs] == [predictions.height, answered]


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (
            {"limit": 60},
            r"not asked the same pairs: \d+ in both, \d+ only in the first, 0 only in the second",
        ),
        ({"gene_holdout": 0.5}, "regime 'unseen-perturbation' and 'unseen-gene' are different questions"),
        ({"parameters": {"dataset": {**SMALL["dataset"], "signal": 0.1}}}, r"\d+ with another label"),
    ],
)
def test_other_questions_are_refused(choices: dict[str, object], message: str, tmp_path: Path) -> None:
    (first,) = made(tmp_path, ["gene-frequency"])
    (second,) = made(tmp_path, ["gene-frequency"], **choices)
    with pytest.raises(RunError, match=message):
        of(first, second)
    with pytest.raises(RunError, match=r"not asked the same pairs|different questions"):
        of(second, first)


def test_one_run_and_an_unknown_metric_are_refused(tmp_path: Path) -> None:
    frequency, voting = made(tmp_path)
    with pytest.raises(UsageError, match="at least two runs"):
        of(frequency)
    with pytest.raises(UsageError, match="did you mean 'brier'"):
        of(frequency, voting, metric="breir")


def test_where_nothing_can_be_told_nothing_is(tmp_path: Path) -> None:
    # one query perturbation: no gene has both classes, no metric, no interval, no rank
    rows = pl.DataFrame(
        [("A", f"G{i}", i % 2, "train") for i in range(4)]
        + [("B", f"G{i}", i % 2, "test") for i in range(4)],
        schema=["perturbation", "gene", "label", "split"],
        orient="row",
    )
    file = tmp_path / "one.csv"
    rows.write_csv(file)
    results = evaluate(f"table:{file}", ["constant", "gene-frequency"], out=tmp_path / "runs")
    found = of(*(open_run(result.run) for result in results if result.run))
    assert [(run.value, run.low, run.rank) for run in found.runs] == [(None, None, None)] * 2
    assert found.contrasts[0].difference.value is None
    assert found.contrasts[0].p_holm is None
    assert not found.contrasts[0].significant
    json.dumps(found.as_dict(), allow_nan=False)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9, unique=True), st.integers(0, 99))
def test_a_comparison_ranks_as_a_board_does(values: list[float], seed: int) -> None:
    spreads = 10.0 ** np.random.default_rng(seed).uniform(-3, -0.5, len(values))
    noise = np.random.default_rng(seed + 1).normal(0, 1, (len(values), 200))
    runs = [
        Resampled(value=value, values=value + spread * own, scale=1.0)
        for value, spread, own in zip(values, spreads, noise, strict=True)
    ]
    board = [rank.position for rank in rank_runs(runs, None)]
    assert _ranks(runs, metric_named("macro_gene_auroc")) == board
    lower = [Resampled(value=-run.value, values=-run.values, scale=1.0) for run in runs]
    assert _ranks(lower, metric_named("brier")) == board
