"""Ranks are 1 + the number of runs that are significantly better, found without comparing each with each."""

from __future__ import annotations

from random import Random

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


def beaten_by(runs: list[Resampled]) -> list[set[int]]:
    """Return the runs that beat each run directly, where each is compared with each."""
    pairs = [(i, j) for i in range(len(runs)) for j in range(len(runs)) if i < j]
    found = [difference(runs[i], runs[j]) for i, j in pairs]
    winners: list[set[int]] = [set() for _ in runs]
    for (i, j), test, p in zip(pairs, found, holm([test.p for test in found]), strict=True):
        if p is not None and p < ALPHA and test.value is not None:
            winners[i if test.value > 0 else j].add(j if test.value > 0 else i)
    return winners


@given(st.lists(st.floats(0, 1), min_size=1, max_size=NEAREST + 1, unique=True), st.integers(0, 99))
def test_a_short_board_compares_each_with_each(values: list[float], seed: int) -> None:
    runs = resampled(values, seed=seed)
    direct = beaten_by(runs)
    ranks = []
    for run in runs:
        better: set[int] = set()
        for above, winners in zip(runs, direct, strict=True):
            if above.value >= run.value:  # what beats a run beats those below it
                better |= winners
        ranks.append(1 + len(better))
    assert [rank.position for rank in rank_runs(runs, 0)] == ranks
    assert [rank.position for rank in rank_runs(runs, None)] == ranks


@st.composite
def boards(draw: st.DrawFn) -> list[Resampled]:
    """Draw up to 300 runs: of few values or many, precise and noisy ones, and copies of some."""
    number = draw(st.integers(1, 300))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    digits = draw(st.sampled_from([1, 2, 12]))
    values = rng.choice([0.5, rng.random()], 1) + draw(st.sampled_from([0, 0.01, 0.3])) * rng.random(number)
    values = values.round(digits)
    spreads = 10.0 ** rng.uniform(-4, -0.5, number)
    common = rng.normal(0, 0.05, 60) * draw(st.booleans())
    runs = [
        Resampled(value=float(value), values=value + common + rng.normal(0, spread, 60), scale=1.0)
        for value, spread in zip(values, spreads, strict=True)
    ]
    return [runs[at] for at in rng.integers(0, number, number)] if draw(st.booleans()) else runs


@given(boards(), st.randoms(use_true_random=False))
def test_ranks_never_fall_going_down_and_equal_runs_have_equal_ranks(
    runs: list[Resampled], random: Random
) -> None:
    reference = random.randrange(len(runs))
    ranks = [rank.position for rank in rank_runs(runs, reference)]
    going_down = [rank for _, rank in sorted(zip([-run.value for run in runs], ranks, strict=True))]
    assert going_down == sorted(going_down)
    assert going_down[0] == 1
    by_value: dict[float, set[int]] = {}
    for run, rank in zip(runs, ranks, strict=True):
        by_value.setdefault(run.value, set()).add(rank)
        assert rank <= 1 + sum(other.value > run.value for other in runs)
    assert all(len(found) == 1 for found in by_value.values())
    order = random.sample(range(len(runs)), len(runs))
    shuffled = rank_runs([runs[at] for at in order], order.index(reference))
    assert [rank.position for rank in shuffled] == [ranks[at] for at in order]


def test_a_winner_far_above_is_inherited() -> None:
    """The ranks once went 1 2 3 3 3 3 3 3 3 3 1 1 1 1 15: the runs below place 10 met no winner."""
    values = [0.9, 0.8, *(0.7 - 1e-6 * at for at in range(12)), 0.1]
    ranks = [rank.position for rank in rank_runs(resampled(values), None)]
    assert ranks == [1, 2, *[3] * 12, 15]


@given(st.integers(2, 60), st.integers(0, 99))
def test_equal_runs_share_a_rank(number: int, seed: int) -> None:
    one = resampled([0.7], seed=seed)
    ranks = rank_runs(one * number + resampled([0.2]), 0)
    assert [rank.position for rank in ranks] == [1] * number + [1 + number]
    assert [rank.p_holm for rank in ranks[:number]] == [None, *[1.0] * (number - 1)]


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
