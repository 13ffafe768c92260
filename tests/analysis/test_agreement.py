"""Cohen's kappa of two contexts, against scikit-learn and against what it can be."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from core_harness.analysis.audit.agreement import Agreement, agreements

SIDES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=20)


def agreement(labels: list[tuple[int, int]]) -> Agreement:
    """Return how well contexts agree that have these labels of the same pairs."""
    rows = [
        (context, f"P{i}", "G", label, "train")
        for i, pair in enumerate(labels)
        for context, label in zip("ab", pair, strict=True)
    ]
    frame = pl.DataFrame(
        rows,
        schema={
            "context": pl.String,
            "perturbation": pl.String,
            "gene": pl.String,
            "label": pl.UInt8,
            "split": pl.String,
        },
        orient="row",
    )
    return agreements(frame, seed=0, resamples=0)[0]


@given(SIDES)
def test_kappa_is_scikit_learns_and_lies_in_its_range(labels: list[tuple[int, int]]) -> None:
    found = agreement(labels)
    one, two = zip(*labels, strict=True)
    wanted = cohen_kappa_score(one, two) if len({*one, *two}) == 2 else math.nan
    if math.isnan(wanted):
        assert found.kappa is None
        return
    assert found.kappa is not None
    assert found.kappa == pytest.approx(wanted, abs=1e-12)
    assert -1 <= found.kappa <= 1


@given(SIDES)
def test_more_agreement_than_by_chance_is_a_kappa_from_0_to_1(labels: list[tuple[int, int]]) -> None:
    n = len(labels)
    one, two = (sum(side) for side in zip(*labels, strict=True))
    agree = sum(first == second for first, second in labels)
    chance = one * two + (n - one) * (n - two)  # of n * n
    assume(chance < n * n)
    kappa = agreement(labels).kappa
    assert kappa is not None
    if agree * n > chance:
        assert 0 < kappa <= 1
    elif agree * n < chance:
        assert -1 <= kappa < 0
    else:
        assert kappa == pytest.approx(0, abs=1e-12)
    assert (kappa == 1) == (agree == n)
