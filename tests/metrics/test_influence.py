"""Influences are derivatives, stand in only for what is large and dense, and say so."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given

from core_harness.metrics import bootstrap, checked, influence, measures, report
from core_harness.metrics.by_segment import auroc_by
from core_harness.metrics.segments import PERTURBATION
from metrics.worlds import scored_frames

OF_RANKS = [
    "macro_gene_auroc",
    "macro_gene_auroc_weighted",
    "pooled_auroc",
    "pooled_auprc",
    "risk_coverage_area",
    "gene_prior_correlation",
    "gene_prior_correlation_labels",
    "potency_residual_auroc",
]
STEP = 1e-5


def dense(perturbations: int = 60, genes: int = 40, rate: float = 0.4) -> pl.DataFrame:
    """Return pairs of each perturbation with each gene, scores that know something."""
    rng = np.random.default_rng(2)
    shape = perturbations, genes
    label = rng.random(shape) < rate
    score = 1 / (
        1 + np.exp(-(0.8 * label + 0.5 * rng.normal(size=(perturbations, 1)) + rng.normal(size=shape)))
    )
    perturbation, gene = (places.ravel() for places in np.indices(shape))
    return pl.DataFrame(
        {
            "context": "a",
            "perturbation": np.char.mod("p%02d", perturbation),
            "gene": np.char.mod("g%02d", gene),
            "label": label.ravel().astype(np.uint8),
            "score": score.ravel(),
            "status": "ok",
            "gene_rate": np.tile(rng.random(genes), perturbations),
        }
    )


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "MOST_CELLS", 0)
    monkeypatch.setattr(bootstrap, "MANY_CLUSTERS", 50)


@given(scored_frames(min_size=8))
def test_an_influence_is_a_derivative_in_the_weight_of_a_cluster(frame: pl.DataFrame) -> None:
    found = measures(checked(frame))
    for name in OF_RANKS:
        measure = found[name]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(influence, "MANY", 0)
            of_clusters = measure.influence()
        if of_clusters is None:
            continue
        step = STEP * np.eye(measure.clusters)
        wanted = (measure.of(1 + step) - measure.of(1 - step)) / (2 * STEP)
        np.testing.assert_allclose(of_clusters, wanted, rtol=0, atol=1e-7, err_msg=name)
        assert of_clusters.sum() == pytest.approx(0, abs=1e-12)


def test_perturbations_are_drawn_whole_in_the_mean_over_them() -> None:
    rows = checked(dense())
    aurocs = auroc_by(rows, PERTURBATION)["auroc"].to_numpy()
    found = measures(rows)["macro_perturbation_auroc"].influence()
    assert found is not None
    np.testing.assert_allclose(found, (aurocs - aurocs.mean()) / len(aurocs), atol=1e-14)


@pytest.mark.usefixtures("always")
def test_large_and_dense_data_have_nearly_the_intervals_of_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = dense()
    found = report(frame, seed=0, resamples=1000).metrics
    monkeypatch.setattr(bootstrap, "MOST_CELLS", 10**9)
    resampled = report(frame, seed=0, resamples=1000).metrics
    for name, estimate in found.items():
        other = resampled[name]
        assert other.interval == "bootstrap"
        assert estimate.value == other.value
        if estimate.interval == "bootstrap":
            assert estimate == other
            continue
        assert estimate.low is not None
        assert other.low is not None
        assert estimate.value is not None
        width = (estimate.value - estimate.low) / (estimate.value - other.low)
        # resamples of half of the clusters spread a little more, those of the mean over them less
        assert 0.75 < width < 1.25, name
    assert {name for name in OF_RANKS if found[name].interval == "influence"} == set(OF_RANKS)
    assert found["brier"].interval == "bootstrap"


@pytest.mark.usefixtures("always")
def test_genes_with_few_positives_are_resampled_however_large_the_data_are() -> None:
    sparse = report(dense(rate=0.03), seed=0, resamples=20).metrics
    assert sparse["macro_gene_auroc"].interval == "bootstrap"
    assert sparse["pooled_auroc"].interval == "influence"


def test_small_data_are_resampled_however_dense_they_are() -> None:
    assert {e.interval for e in report(dense(), seed=0, resamples=20).metrics.values()} == {"bootstrap"}


@given(scored_frames(min_size=2))
def test_data_of_any_layout_have_a_report(frame: pl.DataFrame) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bootstrap, "MOST_CELLS", 0)
        patched.setattr(bootstrap, "MANY_CLUSTERS", 0)
        patched.setattr(influence, "MANY", 0)
        found = report(frame, seed=0, resamples=3).metrics
    values = report(frame, seed=0, resamples=0).metrics
    assert {name: e.value for name, e in found.items()} == {name: e.value for name, e in values.items()}
