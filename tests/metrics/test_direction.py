"""What each metric calls better is better: all of the catalog, so that a new metric is tested unasked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.metrics import METRICS, Metric, checked, draw_clusters, measures
from metrics.worlds import SIXTEENTHS, scored_frames

DESCRIPTIVE = {"gene_prior_correlation", "gene_prior_correlation_labels"}
JUDGING = [metric for name, metric in METRICS.items() if name not in DESCRIPTIVE]
KNOWLEDGE = (0.0, 0.5, 1.0)

PROBABILITIES = st.one_of(st.none(), SIXTEENTHS, st.floats(0, 1))
NUMBERS = st.one_of(st.none(), st.floats(-9, 9))


def predictions(knowledge: float) -> pl.DataFrame:
    """Return 1,600 pairs, and scores that know of them nothing (0), something, or all that can be known (1).

    What moves a pair are its perturbation, its gene, and an effect of its own. With less knowledge, more
    of a score is noise, too extreme and too often a yes, and more pairs are not answered.
    """
    rng = np.random.default_rng(0)
    perturbations, genes = 80, 20
    n = perturbations * genes
    of_gene = rng.normal(size=genes)
    truth = np.repeat(rng.normal(size=perturbations), genes) + np.tile(of_gene, perturbations)
    truth += 2 * rng.normal(size=n)
    label = (rng.random(n) < 1 / (1 + np.exp(-truth))).astype(np.uint8)
    odds = knowledge * truth + (1 - knowledge) * (2 + 3 * rng.normal(size=n))
    answered = rng.random(n) < 0.5 + 0.5 * knowledge
    return pl.DataFrame(
        {
            "context": "a",
            "perturbation": np.repeat([f"p{i}" for i in range(perturbations)], genes),
            "gene": [f"g{i}" for i in range(genes)] * perturbations,
            "label": label,
            "score": 1 / (1 + np.exp(-odds)),
            "status": np.where(answered, "ok", "failed"),
            "gene_rate": np.tile(1 / (1 + np.exp(-of_gene)), perturbations),
        }
    ).with_columns(pl.when(status="ok").then("score").alias("score"))


@pytest.fixture(scope="module")
def values() -> dict[str, list[float]]:
    worlds = [measures(checked(predictions(knowledge))) for knowledge in KNOWLEDGE]
    return {name: [found[name].estimate() for found in worlds] for name in METRICS}


def merit(metric: Metric, value: float) -> float:
    """Return a number that is higher where the value is better."""
    if isinstance(metric.direction, float):
        return -abs(value - metric.direction)
    return {"higher": value, "lower": -value}[metric.direction]


@pytest.mark.parametrize("metric", JUDGING, ids=lambda metric: metric.name)
def test_a_better_prediction_has_a_better_value(metric: Metric, values: dict[str, list[float]]) -> None:
    worst, middle, best = (merit(metric, value) for value in values[metric.name])
    assert worst < middle - 0.01 < best - 0.02


def test_only_what_describes_has_no_direction() -> None:
    assert {name for name, metric in METRICS.items() if metric.direction == "descriptive"} == DESCRIPTIVE


@given(scored_frames(min_size=1))
def test_the_truth_as_prediction_has_the_best_value_that_there_is(frame: pl.DataFrame) -> None:
    found = measures(checked(frame.with_columns(score=pl.col("label").cast(pl.Float64))))
    for metric in JUDGING:
        if metric.name == "potency_residual_auroc":
            continue  # what a perturbation does to most of its genes is taken out of the truth, too
        best = metric.direction
        if not isinstance(best, float):
            best = metric.range[best == "higher"]
        value = found[metric.name].estimate()
        assert np.isnan(value) or value == pytest.approx(best, abs=1e-12), metric.name


@given(st.one_of(scored_frames(PROBABILITIES, min_size=1), scored_frames(NUMBERS, min_size=1)))
def test_no_value_lies_outside_the_range(frame: pl.DataFrame) -> None:
    rows = checked(frame)
    weights = draw_clusters(rows["cluster"].n_unique(), seed=0, resamples=5).weights
    for name, measure in measures(rows).items():
        lowest, highest = METRICS[name].range
        values = np.append(measure.resampled(weights), measure.estimate())
        values = values[~np.isnan(values)]
        assert ((values >= lowest - 1e-12) & (values <= highest + 1e-12)).all(), name


def extremes() -> Iterator[pl.DataFrame]:
    """Yield right, wrong and empty predictions of 40 x 40 pairs, of which one a gene is a positive."""
    n = 40
    label = pl.Series(np.eye(n).ravel())
    rate = pl.Series(np.tile(np.linspace(0.1, 0.9, n), n))
    frame = pl.DataFrame(
        {
            "context": "a",
            "perturbation": np.repeat([f"p{i}" for i in range(n)], n),
            "gene": [f"g{i}" for i in range(n)] * n,
            "label": label.cast(pl.UInt8),
            "status": "ok",
            "gene_rate": rate,
        }
    )
    for score in (label, 1 - label, rate, 1 - rate, 0 * label, pl.repeat(None, n * n, dtype=pl.Float64)):
        yield frame.with_columns(score.alias("score"))
    of_gene = (rate > 0.5).cast(pl.Float64)
    for side in (of_gene, 1 - of_gene):
        yield frame.with_columns(label=of_gene.cast(pl.UInt8), score=of_gene, gene_rate=side)


def test_no_range_is_wider_than_it_has_to_be() -> None:
    worlds = [measures(checked(frame)) for frame in extremes()]
    for name, metric in METRICS.items():
        values = np.array([found[name].estimate() for found in worlds])
        values = values[~np.isnan(values)]
        lowest, highest = metric.range
        assert np.isinf(lowest) or values.min() == pytest.approx(lowest, abs=0.03), name  # AUPRC is never 0
        assert np.isinf(highest) or values.max() == pytest.approx(highest, abs=1e-12), name


def test_a_prediction_that_knows_nothing_is_at_the_level_of_chance() -> None:
    noise = pl.Series(np.random.default_rng(1).random(1600))
    found = measures(checked(predictions(1.0).with_columns(score=noise)))
    for name, metric in METRICS.items():
        if metric.chance is not None:
            assert found[name].estimate() == pytest.approx(metric.chance, abs=0.05), name
