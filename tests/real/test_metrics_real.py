"""The figures that PerturbQA's real test rows must give."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from core_harness.data.rates import gene_rate_of
from core_harness.metrics import checked, draw_clusters, measures, report
from core_harness.metrics.scored import log_odds

pytestmark = [pytest.mark.real, pytest.mark.slow]

BESIDE_THE_CHECKOUT = Path(__file__).parents[3] / "shared" / "data"


def split(line: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return train and test rows of a cell line, without the perturbed genes; the latter with their rate."""
    file = Path(os.environ.get("CORE_HARNESS_DATA", BESIDE_THE_CHECKOUT)) / "perturbqa" / f"{line}-de.csv"
    if not file.is_file():
        pytest.skip(f"the real data are not here: {file} (set CORE_HARNESS_DATA)")
    rows = (
        pl.read_csv(file)
        .filter(pl.col("pert") != pl.col("gene"))
        .with_columns(pl.col("label").cast(pl.UInt8), context=pl.lit(line), status=pl.lit("ok"))
        .rename({"pert": "perturbation"})
    )
    train, test = rows.filter(split="train"), rows.filter(split="test")
    return train, test.with_columns(gene_rate=gene_rate_of(test, train))


@pytest.mark.parametrize(
    ("line", "pooled", "evaluable", "genes"), [("k562", 0.957, 665, 4118), ("hepg2", 0.961, 707, 7096)]
)
def test_gene_frequency_is_strong_pooled_and_at_chance_per_gene(
    line: str, pooled: float, evaluable: int, genes: int
) -> None:
    _, test = split(line)
    found = report(test.with_columns(score="gene_rate"), seed=0, resamples=100)
    per_gene = found.metrics["macro_gene_auroc"]
    assert (per_gene.value, per_gene.low, per_gene.high, per_gene.drift) == (0.5, 0.5, 0.5, 0.0)
    assert per_gene.genes == found.coverage.evaluable_genes == evaluable
    assert found.coverage.genes == genes
    assert found.metrics["pooled_auroc"].value == pytest.approx(pooled, abs=5e-4)
    assert found.metrics["brier_skill"].value == 0.0
    assert found.metrics["potency_residual_auroc"].value == 0.5


@pytest.mark.parametrize(("line", "labels"), [("k562", 0.540), ("hepg2", 0.555)])
def test_labels_follow_gene_frequency_about_half_way(line: str, labels: float) -> None:
    _, test = split(line)
    found = report(test.with_columns(score="gene_rate"), seed=0, resamples=0).metrics
    assert found["gene_prior_correlation_labels"].value == pytest.approx(labels, abs=1e-3)
    assert found["gene_prior_correlation"].value == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("line", ["k562", "hepg2"])
def test_strength_is_not_taken_for_knowledge_about_pairs(line: str) -> None:
    """Each perturbation's own share of test positives, which no method knows, and still no residual."""
    _, test = split(line)
    share = pl.col("label").mean().over("perturbation").clip(1e-3, 1 - 1e-3)
    rate = pl.col("gene_rate").clip(1e-6, 1 - 1e-6)
    odds = (share / (1 - share)).log() + (rate / (1 - rate)).log()
    for strength in (share, 1 / (1 + (-odds).exp())):
        found = report(test.with_columns(score=strength), seed=0, resamples=0).metrics
        assert (found["macro_gene_auroc"].value or 0) > 0.55
        assert found["potency_residual_auroc"].value == 0.5


def test_the_slope_of_a_resample_is_nearly_that_of_its_own_fit() -> None:
    _, test = split("k562")
    noise = np.random.default_rng(0).normal(size=test.height)
    rate = test["gene_rate"].to_numpy()
    odds = np.log(rate / (1 - rate)) + 0.3 * noise
    rows = checked(test.with_columns(score=pl.Series(1 / (1 + np.exp(-odds)))))
    measure = measures(rows)["calibration_slope"]
    weights = draw_clusters(measure.clusters, seed=0, resamples=20).weights
    sorted_odds, label, cluster = (
        log_odds(rows)[:, None],
        rows["label"].to_numpy(),
        rows["cluster"].to_numpy(),
    )
    fits = [
        LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
        .fit(sorted_odds, label, sample_weight=weight[cluster])
        .coef_[0, 0]
        for weight in weights.T
    ]
    steps = measure.resampled(weights)
    assert np.abs(steps - fits).max() < 0.5 * np.std(fits)
    assert steps.std() == pytest.approx(np.std(fits), rel=0.1)


@pytest.mark.parametrize("line", ["k562", "hepg2"])
def test_the_published_auc_per_gene_is_ours(line: str) -> None:
    _, test = split(line)
    noise = np.random.default_rng(0).random(test.height)
    score = pl.Series(noise).round(2) + 0.2 * test["label"]  # rounded: most genes have ties
    scored = test.with_columns(score=score)
    published = [
        roc_auc_score(rows["label"].to_numpy(), rows["score"].to_numpy())
        for rows in scored.partition_by("gene", maintain_order=True)
        if rows["label"].n_unique() == 2
    ]
    found = report(scored, seed=0, resamples=0).metrics["macro_gene_auroc"]
    assert found.value == pytest.approx(np.mean(published), abs=1e-12)
    assert np.mean(published) > 0.6
