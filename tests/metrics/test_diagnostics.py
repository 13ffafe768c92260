"""Diagnostics: what they leave and what they take out. Spearman's values are in test_ranking."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.metrics import checked, report
from core_harness.metrics.potency import without_potency
from core_harness.metrics.segments import Floats
from metrics.worlds import scored_frames, values

INNER = st.integers(1, 15).map(lambda k: k / 16)
EFFECTS = st.floats(-2, 2).map(lambda effect: round(effect, 3))


def figure(frame: pl.DataFrame, name: str) -> float | None:
    return values(frame, name)[name]


def number(frame: pl.DataFrame, *columns: str) -> Floats:
    return (
        frame.select(pl.struct("context", *columns).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    )


def from_odds(frame: pl.DataFrame, odds: Floats) -> pl.DataFrame:
    return frame.with_columns(score=pl.Series(1 / (1 + np.exp(-odds)), dtype=pl.Float64))


def odds_of(frame: pl.DataFrame) -> Floats:
    score = frame["score"].to_numpy()
    return np.asarray(np.log(score / (1 - score)))


@st.composite
def effects(draw: st.DrawFn) -> tuple[pl.DataFrame, Floats, Floats]:
    """Draw a frame, and an effect of the perturbation and one of the gene for each of its rows."""
    frame = draw(scored_frames(INNER, min_size=1))
    sizes = [draw(st.lists(EFFECTS, min_size=10, max_size=10)) for _ in range(2)]
    of_perturbation, of_gene = (
        np.array(size)[number(frame, column)]
        for size, column in zip(sizes, ("perturbation", "gene"), strict=True)
    )
    return frame, of_perturbation, of_gene


@given(effects())
def test_strength_and_gene_frequency_alone_are_exactly_at_chance(
    drawn: tuple[pl.DataFrame, Floats, Floats],
) -> None:
    frame, of_perturbation, of_gene = drawn
    for odds in (of_perturbation, of_gene, of_perturbation + of_gene):
        assert figure(from_odds(frame, odds), "potency_residual_auroc") in (0.5, None)


@given(effects())
def test_the_strength_of_perturbations_changes_no_residual_within_a_gene(
    drawn: tuple[pl.DataFrame, Floats, Floats],
) -> None:
    frame, of_perturbation, _ = drawn
    stronger = from_odds(frame, odds_of(frame) + of_perturbation)
    residuals = [without_potency(checked(one)) for one in (frame, stronger)]
    first, second = (
        rows.select(pl.col("score") - pl.col("score").mean().over("context", "gene")).to_series().to_numpy()
        for rows in residuals
    )
    np.testing.assert_allclose(first, second, rtol=0, atol=5e-6)


@given(scored_frames(INNER, min_size=1))
def test_the_residual_is_that_of_a_dense_least_squares_fit(frame: pl.DataFrame) -> None:
    rows = checked(frame)
    perturbation, gene = number(rows, "perturbation"), number(rows, "gene")
    design = np.hstack([np.eye(perturbation.max() + 1)[perturbation], np.eye(gene.max() + 1)[gene]])
    fitted = np.linalg.lstsq(design, odds_of(rows), rcond=None)[0]
    wanted = odds_of(rows) - fitted[perturbation]
    np.testing.assert_allclose(without_potency(rows)["score"], wanted, rtol=0, atol=2e-6)


def test_what_is_said_of_pairs_survives() -> None:
    # four perturbations, four genes; on top of strength and gene, a pair's own effect where it moves
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "context": "a",
            "perturbation": np.repeat(list("pqrs"), 4),
            "gene": list("wxyz") * 4,
            "label": np.eye(4, dtype=np.uint8).ravel(),
            "status": "ok",
            "gene_rate": 0.5,
        }
    )
    strength, rate = rng.normal(size=4).repeat(4), np.tile(rng.normal(size=4), 4)
    own = 0.5 * frame["label"].to_numpy()
    assert figure(from_odds(frame, strength + rate), "potency_residual_auroc") == 0.5
    assert figure(from_odds(frame, strength + rate + own), "potency_residual_auroc") == 1.0


@given(scored_frames(min_size=2))
def test_gene_frequency_correlates_with_itself_and_nothing_with_a_constant(frame: pl.DataFrame) -> None:
    varied = frame["gene_rate"].n_unique() > 1
    itself = figure(frame.with_columns(score="gene_rate"), "gene_prior_correlation")
    against = figure(frame.with_columns(score=1 - pl.col("gene_rate")), "gene_prior_correlation")
    assert (itself, against) == ((pytest.approx(1.0), pytest.approx(-1.0)) if varied else (None, None))
    assert figure(frame.with_columns(score=0.5), "gene_prior_correlation") is None


def test_both_correlations_rest_on_the_answered_pairs() -> None:
    frame = pl.DataFrame(
        {
            "perturbation": ["p", "q", "r"],
            "label": [1, 0, 0],
            "score": [0.9, 0.1, None],
            "gene": ["x", "y", "z"],
            "gene_rate": [0.8, 0.2, 0.9],
        }
    ).with_columns(context=pl.lit("a"), status=pl.lit("ok"))
    found = report(frame, seed=0, resamples=0).metrics
    for name in ("gene_prior_correlation", "gene_prior_correlation_labels"):
        assert (found[name].value, found[name].pairs) == (1.0, 2)
