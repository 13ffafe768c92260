"""Regression on differences within genes: what it minimises, what it cannot learn, what is drawn for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import check_grad, minimize
from scipy.special import expit

from core_harness_plugins.aggregators.pairwise import (
    PAIRS_OF_A_GENE,
    Differences,
    Floats,
    Scale,
    draw_differences,
    fit_pairwise,
)

SEEDS = st.integers(0, 40)
RIDGES = st.sampled_from([0.01, 0.2, 1.0])


def examples(seed: int, *, rows: int = 120, votes: int = 4) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Return features, genes and labels, in which some features speak for a label and some against it."""
    rng = np.random.default_rng(seed)
    gene = rng.integers(0, 9, rows)
    features = rng.normal(size=(rows, votes))
    truth = rng.normal(size=votes)
    label = rng.random(rows) < expit(features @ truth - 1)
    return features, gene, label.astype(np.float64)


def differences_of(seed: int) -> tuple[Floats, Differences]:
    features, gene, label = examples(seed)
    return features, draw_differences(gene, label.astype(np.uint8), seed=seed)


def loss(b: Floats, features: Floats, pairs: Differences, ridge: float) -> float:
    """Return the loss by the definition."""
    margin = features[pairs.positive] @ b - features[pairs.negative] @ b
    return float((pairs.weight * np.log1p(np.exp(-margin))).mean() + ridge / 2 * (b**2).sum())


def gradient(b: Floats, features: Floats, pairs: Differences, ridge: float) -> Floats:
    change = features[pairs.positive] - features[pairs.negative]
    pull = pairs.weight[:, None] * change * expit(-change @ b)[:, None]
    return np.asarray(ridge * b - pull.mean(axis=0))


@given(SEEDS, RIDGES)
def test_no_step_that_is_allowed_lowers_the_loss(seed: int, ridge: float) -> None:
    features, pairs = differences_of(seed)
    weights = fit_pairwise(features, pairs, ridge=ridge)
    slope = gradient(weights, features, pairs, ridge)
    assert check_grad(loss, gradient, weights + 0.1, features, pairs, ridge) < 1e-5
    assert (weights >= 0).all()
    assert slope[weights > 0] == pytest.approx(0, abs=2e-4)
    assert (slope[weights == 0] >= -2e-4).all()


@given(SEEDS, RIDGES)
def test_another_solver_finds_the_same_weights(seed: int, ridge: float) -> None:
    features, pairs = differences_of(seed)
    start = np.full(features.shape[1], 0.5)
    bounds = [(0.0, None)] * len(start)
    other = minimize(loss, start, args=(features, pairs, ridge), method="SLSQP", bounds=bounds, tol=1e-10)
    assert fit_pairwise(features, pairs, ridge=ridge) == pytest.approx(other.x, abs=5e-3)


def test_a_vote_that_speaks_against_the_label_has_no_weight() -> None:
    features, gene, label = examples(3)
    features[:, 0], features[:, 1] = label, -label
    weights = fit_pairwise(features, draw_differences(gene, label.astype(np.uint8), seed=0), ridge=0.2)
    assert weights[0] > 0.5
    assert weights[1] == 0


@given(SEEDS)
def test_what_pairs_of_a_gene_have_in_common_changes_nothing(seed: int) -> None:
    features, gene, label = examples(seed)
    pairs = draw_differences(gene, label.astype(np.uint8), seed=seed)
    rng = np.random.default_rng([seed, 1])
    rates = rng.normal(scale=5, size=(gene.max() + 1, features.shape[1]))
    plain = fit_pairwise(features, pairs, ridge=0.2)
    assert fit_pairwise(features + rates[gene], pairs, ridge=0.2) == pytest.approx(plain, abs=1e-4)
    alike = np.column_stack([features, rates[gene, 0]])
    assert fit_pairwise(alike, pairs, ridge=0.2)[-1] == pytest.approx(0, abs=1e-4)


@given(SEEDS)
def test_a_pair_is_a_positive_and_a_negative_of_one_gene(seed: int) -> None:
    _, gene, label = examples(seed)
    pairs = draw_differences(gene, label.astype(np.uint8), seed=seed)
    assert (gene[pairs.positive] == gene[pairs.negative]).all()
    assert (label[pairs.positive] == 1).all()
    assert (label[pairs.negative] == 0).all()
    assert len(set(zip(pairs.positive, pairs.negative, strict=True))) == len(pairs.weight)
    assert pairs.weight.mean() == pytest.approx(1)


@given(SEEDS)
def test_genes_weigh_the_square_root_of_their_pairs_and_have_sixty_at_most(seed: int) -> None:
    _, gene, label = examples(seed, rows=300)
    pairs = draw_differences(gene, label.astype(np.uint8), seed=seed)
    shares = []
    for one in np.unique(gene):
        positives, negatives = int(label[gene == one].sum()), int((1 - label[gene == one]).sum())
        drawn = gene[pairs.positive] == one
        assert drawn.sum() == min(PAIRS_OF_A_GENE, positives * negatives)
        if positives * negatives:
            shares.append(pairs.weight[drawn].sum() / np.sqrt(positives * negatives))
    assert shares == pytest.approx([shares[0]] * len(shares))


def test_a_draw_goes_by_its_seed() -> None:
    _, gene, label = examples(1, rows=300)
    one, same, other = (draw_differences(gene, label.astype(np.uint8), seed=seed) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(one, same, strict=True))
    assert (one.positive != other.positive).any()


@pytest.mark.parametrize("label", [0, 1])
def test_genes_of_one_class_give_no_pairs(label: int) -> None:
    labels = np.full(6, label, dtype=np.uint8)
    pairs = draw_differences(np.array([0, 0, 1, 1, 2, 2]), labels, seed=0)
    assert [len(part) for part in pairs] == [0, 0, 0]
    assert fit_pairwise(np.ones((6, 2)), pairs, ridge=0.2) == pytest.approx(0, abs=1e-6)


@given(SEEDS)
def test_features_are_standardised_and_cut(seed: int) -> None:
    features, *_ = examples(seed, rows=200)
    features[:, 2] = 7.0
    features[:, 3] *= 1e-16
    features[0, 0] = 1e6
    scale = Scale.of(features)
    scaled = scale(features)
    assert scaled[:, 1].mean() == pytest.approx(0, abs=1e-9)
    assert scaled[:, 1].std() == pytest.approx(1)
    assert (scaled[:, 2] == 0).all()
    assert scaled[:, 3] == pytest.approx(0, abs=1e-12)  # rounding does not become a vote
    assert scaled[0, 0] == 4.0
