"""Figures of out-of-fold scores: within folds, averaged, paired over perturbations."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from core_harness.analysis.crossvalidated import draw_perturbations, resampled, under_control
from core_harness.errors import UsageError
from core_harness.metrics.paired import difference


def scores(seed: int = 0, *, folds: int = 3, perturbations: int = 30, prefix: str = "P") -> pl.DataFrame:
    """Return cross-validated scores of a method that knows something, many of them tied."""
    rng = np.random.default_rng(seed)
    rows = []
    for at in range(perturbations):
        for gene in range(7):
            label = int(rng.random() < 0.4)
            score = round(0.3 * label + 0.7 * rng.random(), 1)
            rows.append((at % folds, f"{prefix}{at:02}", f"G{gene}", label, score))
    frame = pl.DataFrame(rows, schema=["fold", "perturbation", "gene", "label", "score"], orient="row")
    return frame.with_columns(
        pl.lit("c").alias("context"),
        pl.col("label").cast(pl.UInt8),
        pl.lit(0.4).alias("gene_rate"),
        pl.lit("ok").alias("status"),
    ).with_row_index("pair_id")


def by_loops(frame: pl.DataFrame) -> float:
    """Return the mean over folds of the mean AUROC over genes."""
    means = []
    for _, fold in frame.group_by("fold"):
        of_genes = [
            roc_auc_score(rows["label"], rows["score"])
            for _, rows in fold.group_by("gene")
            if rows["label"].n_unique() == 2
        ]
        means.append(np.mean(of_genes))
    return float(np.mean(means))


@given(st.integers(0, 999), st.integers(2, 4))
def test_the_figure_is_the_mean_over_folds_of_the_figure_within(seed: int, folds: int) -> None:
    frame = scores(seed, folds=folds)
    sample = draw_perturbations([frame], resamples=0)
    assert resampled([frame], sample).value == pytest.approx(by_loops(frame))
    # a shift of all scores of one fold, as where rates are fitted anew, changes nothing
    moved = frame.with_columns(pl.col("score") + pl.col("fold"))
    assert resampled([moved], sample).value == pytest.approx(by_loops(frame))


@given(st.integers(0, 999))
def test_datasets_count_the_same_and_a_perturbation_is_drawn_for_all(seed: int) -> None:
    one, other = scores(seed), scores(seed + 1, perturbations=12)
    sample = draw_perturbations([one, other], resamples=20)
    assert len(sample.perturbations) == 30
    first, second, both = (resampled(frames, sample) for frames in ([one], [other], [one, other]))
    assert both.value == pytest.approx((first.value + second.value) / 2)
    assert np.allclose(both.values, (first.values + second.values) / 2, equal_nan=True)
    twice = resampled([one, one], sample)
    assert np.allclose(twice.values, first.values, equal_nan=True)


def test_differences_are_paired() -> None:
    frame = scores(perturbations=60)
    better = frame.with_columns(pl.col("score") + 0.05 * pl.col("label"))
    sample = draw_perturbations([frame])
    same = difference(resampled([frame], sample), resampled([frame], sample))
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)
    found = difference(resampled([frame], sample), resampled([better], sample))
    assert found.low is not None
    assert found.low > 0
    single = resampled([frame], sample).interval("macro_gene_auroc")
    assert single is not None
    assert found.high is not None
    assert found.high - found.low < single[1] - single[0]


def test_the_resamples_spread_like_other_worlds() -> None:
    frames = [scores(seed, perturbations=150) for seed in range(80)]
    values = [resampled([frame], draw_perturbations([frame], resamples=0)).value for frame in frames]
    of_resamples = [
        resampled([frame], draw_perturbations([frame], resamples=100)).deviation() for frame in frames[:8]
    ]
    assert np.mean(np.array(of_resamples, dtype=np.float64)) == pytest.approx(np.std(values), rel=0.25)


def test_a_pair_without_a_score_counts_at_its_genes_rate() -> None:
    frame = scores()
    left_out = pl.when(pl.col("pair_id") % 3 == 0)
    silent = frame.with_columns(left_out.then(None).otherwise("score").alias("score"))
    filled = frame.with_columns(left_out.then("gene_rate").otherwise("score").alias("score"))
    sample = draw_perturbations([frame], resamples=5)
    for metric in ("macro_gene_auroc", "log_loss"):
        of_silent, of_filled = (resampled([f], sample, metric=metric) for f in (silent, filled))
        assert of_silent.value == of_filled.value
        assert np.array_equal(of_silent.values, of_filled.values, equal_nan=True)


def test_under_a_control_the_figure_is_the_mean_over_seeds() -> None:
    seeds = [scores(seed).with_columns(pl.lit(seed).alias("seed")) for seed in range(4)]
    values = [by_loops(frame) for frame in seeds]
    found = under_control([pl.concat(seeds)])
    assert found.seeds == 4
    assert found.value == pytest.approx(np.mean(values))
    assert found.low == pytest.approx(np.mean(values) - 1.96 * np.std(values, ddof=1) / 2)
    alone = under_control([scores(0)])
    assert alone.value == pytest.approx(values[0])
    assert (alone.low, alone.seeds) == (None, 1)


@pytest.mark.parametrize(
    ("change", "metric"),
    [({"label": pl.lit(0, pl.UInt8)}, "macro_gene_auroc"), ({"score": pl.col("score") + 1}, "log_loss")],
)
def test_a_fold_in_which_the_metric_is_not_defined_is_named(change: dict[str, Any], metric: str) -> None:
    frame = scores().with_columns(
        pl.when(pl.col("fold") == 2).then(new).otherwise(name).alias(name) for name, new in change.items()
    )
    with pytest.raises(UsageError, match=f"{metric} is not defined in fold 2, of 70 pairs; take fewer folds"):
        resampled([frame], draw_perturbations([frame], resamples=0), metric=metric)
