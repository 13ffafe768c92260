from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from core_harness.metrics import Resampled, checked, draw_clusters, measures
from core_harness.metrics.metric import Direction
from core_harness.metrics.paired import Difference, advantage, difference, holm
from metrics.worlds import by_sklearn, repeated, scored_frames

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def resampled(frame: pl.DataFrame, metric: str, *, seed: int = 0, resamples: int = 50) -> Resampled:
    measure = measures(checked(frame))[metric]
    return Resampled.of([measure], draw_clusters(measure.clusters, seed=seed, resamples=resamples))


def two_runs(seed: int = 3) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            "context": "c",
            "perturbation": np.repeat([f"p{i:02}" for i in range(30)], 8),
            "gene": [f"g{i}" for i in range(8)] * 30,
            "label": rng.integers(0, 2, 240).astype(np.uint8),
            "score": rng.integers(0, 20, 240) / 40,
            "status": "ok",
            "gene_rate": 0.3,
        }
    )
    better = frame.with_columns(score=pl.col("score") + 0.3 * pl.col("label"))
    return frame, better


@pytest.mark.slow
def test_a_difference_is_that_of_the_same_resamples_in_the_flesh() -> None:
    first, second = two_runs()
    weights = draw_clusters(30, seed=0, resamples=20).weights
    # by scikit-learn: the runs as they are, and 20 resamples of both
    one, two = (
        [by_sklearn(rows), *(by_sklearn(repeated(rows, weights[:, b : b + 1])) for b in range(20))]
        for rows in map(checked, (first, second))
    )
    for metric in ("macro_gene_auroc", "pooled_auroc", "pooled_auprc"):
        found = difference(resampled(first, metric, resamples=20), resampled(second, metric, resamples=20))
        value, *flesh = [theirs[metric] - ours[metric] for ours, theirs in zip(one, two, strict=True)]
        deviation = np.sqrt(15 / 30) * np.std(flesh, ddof=1)
        assert found.value == pytest.approx(value, abs=1e-12)
        assert found.low == pytest.approx(value - 1.96 * deviation, abs=1e-12)
        assert found.high == pytest.approx(value + 1.96 * deviation, abs=1e-12)
        assert found.p == pytest.approx(2 * norm.sf(abs(value) / deviation), rel=1e-9)
        assert found.smallest == pytest.approx(2.8 * deviation, abs=1e-12)


def test_pairing_makes_alike_runs_easier_to_tell_apart() -> None:
    first, _ = two_runs()
    nearly = first.with_columns(score=pl.col("score") + 0.02 * pl.col("label"))
    paired = difference(resampled(first, "pooled_auroc"), resampled(nearly, "pooled_auroc"))
    apart = difference(resampled(first, "pooled_auroc"), resampled(nearly, "pooled_auroc", seed=1))
    assert paired.smallest is not None
    assert apart.smallest is not None
    assert paired.smallest < apart.smallest / 5


@given(scored_frames(), st.sampled_from(["macro_gene_auroc", "brier"]))
def test_a_run_does_not_differ_from_itself(frame: pl.DataFrame, metric: str) -> None:
    run = resampled(frame, metric)
    found = difference(run, run)
    assert found.value in {0.0, None}
    assert found.p in {1.0, None}
    if found.value is None:
        assert found == Difference(value=None, low=None, high=None, p=None, smallest=None)


def test_a_difference_turns_round_with_the_runs() -> None:
    first, second = (resampled(frame, "macro_gene_auroc") for frame in two_runs())
    there, back = difference(first, second), difference(second, first)
    assert there.value is not None
    assert back.value == -there.value
    assert back.p == there.p
    assert back.smallest == there.smallest


def runs_around(*true: float, resamples: int = 100, seed: int = 0) -> list[Resampled]:
    """Return runs whose estimates, and resamples of them, have a deviation of .01 each."""
    rng = np.random.default_rng(seed)
    values = np.array(true) + rng.normal(scale=0.01, size=len(true))
    return [
        Resampled(value=value, values=value + rng.normal(scale=0.01, size=resamples), scale=1.0)
        for value in values
    ]


@pytest.mark.parametrize(
    ("first", "second", "direction", "second_is_better"),
    [
        (0.5, 0.7, "higher", True),
        (0.5, 0.7, "lower", False),
        (0.5, 0.7, 1.0, True),
        (1.5, 1.3, 1.0, True),
        (1.3, 1.5, 1.0, False),
        (1.2, 0.9, 1.0, True),
        (1.1, 0.8, 1.0, False),
        (0.8, 1.0, 1.0, True),
    ],
)
def test_the_better_run_is_the_higher_the_lower_or_the_nearer(
    first: float, second: float, direction: Direction, second_is_better: bool
) -> None:
    one, two = runs_around(first, second)
    gain, p = advantage(one, two, direction)
    assert (gain > 0) == second_is_better
    assert p is not None
    assert p < 0.001
    back, p_back = advantage(two, one, direction)
    assert (-back, p_back) == pytest.approx((gain, p))


def test_runs_on_either_side_of_a_target_differ_and_neither_is_better() -> None:
    below, above = runs_around(0.8, 1.2)
    assert (difference(below, above).p or 0) < 0.001
    assert (advantage(below, above, 1.0)[1] or 0) > 0.05


def test_no_run_is_better_in_what_describes_or_without_an_interval() -> None:
    one, two = runs_around(0.2, 0.9)
    assert advantage(one, two, "descriptive")[1] is None
    for direction in ("higher", 1.0):
        bare = replace(two, values=np.empty(0))
        assert advantage(replace(one, values=np.empty(0)), bare, direction)[1] is None


@pytest.mark.parametrize("true", [(1.0, 1.0), (1.01, 0.99), (1.2, 0.8), (1.2, 1.2)])
def test_equally_near_runs_are_seldom_told_apart(true: tuple[float, float]) -> None:
    found = 0
    for seed in range(400):
        first, second = runs_around(*true, seed=seed)
        _, p = advantage(first, second, 1.0)
        found += p is not None and p < 0.05
    assert found / 400 < 0.08


def test_several_seeds_of_a_control_are_one_run() -> None:
    frames = [two_runs(seed)[1].with_columns(two_runs()[0]["label"]) for seed in range(3)]
    found = [measures(checked(frame))["macro_gene_auroc"] for frame in frames]
    draws = draw_clusters(30, seed=0, resamples=20)
    run = Resampled.of(found, draws)
    assert run.value == pytest.approx(np.mean([measure.estimate() for measure in found]), abs=1e-12)
    singles = [Resampled.of([measure], draws).values for measure in found]
    np.testing.assert_allclose(run.values, np.mean(singles, axis=0), rtol=0, atol=1e-12)


def test_rounding_is_no_difference_and_a_sure_one_is_significant() -> None:
    values = np.full(10, 0.5)
    same = Resampled(value=0.5, values=values, scale=1.0)
    assert difference(same, Resampled(value=0.5 + 1e-16, values=values + 1e-16, scale=1.0)).p == 1.0
    assert difference(same, Resampled(value=0.9, values=values + 0.4, scale=1.0)).p == 0.0


def test_one_perturbation_gives_no_interval() -> None:
    first, second = (frame.filter(perturbation="p00") for frame in two_runs())
    run = resampled(second, "pooled_auroc")
    assert run.interval("pooled_auroc") is None
    found = difference(resampled(first, "pooled_auroc"), run)
    assert found.value is not None
    assert (found.low, found.p, found.smallest) == (None, None, None)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, None, 0.01]) == [0.5, None, 0.02]
    assert holm([]) == []


@given(P_VALUES, st.randoms())
def test_holm_keeps_the_order_and_never_helps(p_values: list[float], random: object) -> None:
    adjusted = [p for p in holm(p_values) if p is not None]
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert list(np.diff(np.array(adjusted)[order]) >= 0) == [True] * (len(order) - 1)
    assert min(adjusted) == min(1.0, min(p_values) * len(p_values))
    assert holm(p_values[::-1]) == adjusted[::-1]
