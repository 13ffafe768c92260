from __future__ import annotations

from core_harness.metrics.ranks import ranks


def test_runs_that_cannot_be_told_apart_share_a_rank() -> None:
    assert ranks([0.7, 0.6, 0.5], [1, 1, 1], {(0, 1): 0.01, (0, 2): 0.01, (1, 2): 0.5}) == [1, 2, 2]
    assert ranks([0.7, 0.6, 0.5], [1, 1, 1], {(0, 1): 0.01, (0, 2): 0.01, (1, 2): 0.01}) == [1, 2, 3]
    assert ranks([0.7, 0.6], [1, 1], {(0, 1): None}) == [1, 1]


def test_a_noisy_run_inherits_what_beats_a_precise_one_above_it() -> None:
    assert ranks([0.7, 0.6, 0.5], [1, 1, 1], {(0, 1): 0.01, (0, 2): 0.4, (1, 2): 0.5}) == [1, 2, 2]


def test_copies_count_each_and_equal_values_share_a_rank() -> None:
    assert ranks([0.7, 0.6, 0.6], [3, 1, 1], {(0, 1): 0.01, (0, 2): 0.4, (1, 2): 0.9}) == [1, 4, 4]
