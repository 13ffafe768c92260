"""What a yes is, and where the figures of yes and no are not defined; their values are in test_ranking."""

from __future__ import annotations

import polars as pl
import pytest

from core_harness.metrics import report

NAMES = ("accuracy", "balanced_accuracy", "f1", "mcc", "overestimation")


def figures(label: list[int], score: list[float]) -> tuple[float | None, ...]:
    frame = pl.DataFrame(
        {"perturbation": [f"p{i}" for i in range(len(label))], "label": label, "score": score}
    ).with_columns(context=pl.lit("a"), gene=pl.lit("g"), status=pl.lit("ok"), gene_rate=0.5)
    found = report(frame, seed=0, resamples=0).metrics
    return tuple(found[name].value for name in NAMES)


def test_a_half_is_a_yes() -> None:
    assert figures([1, 0], [0.5, 0.499]) == (1.0, 1.0, 1.0, 1.0, 1.0)


def test_yes_and_no_of_four_pairs() -> None:
    # one of each: the answers are independent of the labels
    assert figures([1, 0, 1, 0], [0.9, 0.9, 0.1, 0.1]) == (0.5, 0.5, 0.5, 0.0, 1.0)
    # wrong throughout
    assert figures([1, 0], [0.1, 0.9]) == (0.0, 0.0, 0.0, -1.0, 1.0)
    # yes to twice as many as there are
    assert figures([1, 0, 0, 0], [0.9, 0.9, 0.1, 0.1]) == (
        0.75,
        pytest.approx(5 / 6),
        *figures([1, 0, 0, 0], [0.9, 0.9, 0.1, 0.1])[2:4],
        2.0,
    )


def test_who_never_says_yes_is_accurate_where_positives_are_rare() -> None:
    assert figures([1] + [0] * 9, [0.1] * 10) == (0.9, 0.5, 0.0, None, 0.0)


@pytest.mark.parametrize(
    ("label", "score", "wanted"),
    [
        ([0, 0], [0.1, 0.2], (1.0, None, None, None, None)),
        ([0, 0], [0.1, 0.9], (0.5, None, 0.0, None, None)),
        ([1, 1], [0.9, 0.9], (1.0, None, 1.0, None, 1.0)),
        ([], [], (None,) * 5),
    ],
    ids=["no positive, no yes", "no positive", "no negative", "no pair"],
)
def test_what_is_not_defined(label: list[int], score: list[float], wanted: tuple[float | None, ...]) -> None:
    assert figures(label, score) == wanted
