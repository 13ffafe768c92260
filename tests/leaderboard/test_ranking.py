"""Ranks are 1 + the number of runs that are significantly better, found without comparing each with each."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core_harness.leaderboard.ranking import NEAREST, rank_runs
from core_harness.metrics import Resampled
from core_harness.metrics.paired import ALPHA, difference, holm

SPREAD = 0.01


def resampled(values: list[float], *, seed: int = 0) -> list[Resampled]:
    """Return runs with these values and independent noise."""
    noise = np.random.default_rng(seed).normal(0, SPREAD, (len(values), 400))
    return [
        Resampled(value=value, values=value + own, scale=1.0)
        for value, own in zip(values, noise, strict=True)
    ]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=NEAREST + 1), st.integers(0, 99))
def test_a_short_board_compares_each_with_each(values: list[float], seed: int) -> None:
    runs = resampled(values, seed=seed)
    pairs = [(i, j) for i in range(len(runs)) for j in range(len(runs)) if i < j]
    found = [difference(runs[i], runs[j]) for i, j in pairs]
    ranks = [1] * len(runs)
    for (i, j), test, p in zip(pairs, found, holm([test.p for test in found]), strict=True):
        if p is not None and p < ALPHA and test.value is not None:
            ranks[i if test.value > 0 else j] += 1
    assert [rank.position for rank in rank_runs(runs, 0)] == ranks
    assert [rank.position for rank in rank_runs(runs, None)] == ranks


@given(st.integers(2, 60), st.integers(0, 99))
def test_equal_runs_share_a_rank(number: int, seed: int) -> None:
    one = resampled([0.7], seed=seed)
    assert {rank.position for rank in rank_runs(one * number, 0)} == {1}


@given(st.lists(st.floats(0.3, 0.9), min_size=2, max_size=80), st.integers(0, 99))
def test_ranks_follow_values_and_not_the_order_of_the_runs(values: list[float], seed: int) -> None:
    runs = resampled(values, seed=seed)
    ranks = [rank.position for rank in rank_runs(runs, 0)]
    order = sorted(range(len(runs)), key=lambda run: -runs[run].value)
    assert ranks[order[0]] == 1
    for rank, run in zip(ranks, runs, strict=True):
        assert rank <= 1 + sum(other.value > run.value for other in runs)
    turned = [rank.position for rank in rank_runs(runs[::-1], len(runs) - 1)][::-1]
    if len(set(values)) == len(values):
        assert turned == ranks


def test_on_a_long_board_far_runs_differ_though_neighbours_do_not() -> None:
    runs = resampled([0.9 - 0.002 * at for at in range(200)])
    ranks = [rank.position for rank in rank_runs(runs, None)]
    assert set(ranks[:20]) == {1}
    assert min(ranks[150:]) > 100


def test_each_run_is_set_against_the_reference() -> None:
    first, reference, worse = rank_runs(resampled([0.8, 0.6, 0.5]), 1)
    assert first.difference is not None
    assert first.difference.value is not None
    assert abs(first.difference.value - 0.2) < 1e-12
    assert first.p_holm is not None
    assert first.p_holm < 0.001
    assert reference.difference is None
    assert worse.difference is not None
    assert worse.difference.value is not None
    assert worse.difference.value < 0
    assert [one.position for one in (first, reference, worse)] == [1, 2, 3]
