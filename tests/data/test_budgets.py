"""A budget of experiments: how many perturbations are measured, and how many genes of each."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import world

from core_harness.data.splits import draw_support, split_rows
from core_harness.errors import UsageError

SPLIT = split_rows(world(perturbations=30, genes=12, contexts=("a", "b")))
MOST = min(
    frame["perturbation"].n_unique() for frame in SPLIT.support.partition_by("context", maintain_order=True)
)
budgets = st.integers(1, MOST)


@given(budgets, st.none() | st.integers(1, 15), st.integers(0, 3))
def test_a_budget_is_what_was_asked_for(perturbations: int, genes: int | None, seed: int) -> None:
    drawn = draw_support(SPLIT, perturbations, genes, seed=seed)
    by_context = drawn.support.group_by("context").agg(pl.col("perturbation").n_unique())
    assert by_context["perturbation"].to_list() == [perturbations, perturbations]
    whole = SPLIT.support.group_by("context", "perturbation").len("all")
    counts = (
        drawn.support.group_by("context", "perturbation").len().join(whole, on=["context", "perturbation"])
    )
    assert all(kept == min(there, genes or there) for kept, there in counts.select("len", "all").rows())
    assert drawn.support.equals(SPLIT.support.join(drawn.support, on=drawn.support.columns, how="semi"))
    assert drawn.queries.equals(SPLIT.queries)
    assert drawn.truth.equals(SPLIT.truth)


@given(budgets, budgets, st.integers(1, 12), st.integers(1, 12), st.integers(0, 3))
def test_a_smaller_budget_is_a_part_of_a_larger_one(k: int, more: int, m: int, many: int, seed: int) -> None:
    small = draw_support(SPLIT, min(k, more), min(m, many), seed=seed).support
    large = draw_support(SPLIT, max(k, more), max(m, many), seed=seed).support
    assert small.join(large, on=small.columns, how="anti").is_empty()


def test_budgets_depend_on_their_seed() -> None:
    one, other = (draw_support(SPLIT, 3, None, seed=seed).support for seed in (0, 1))
    assert not one.equals(other)


def test_a_budget_beyond_what_was_measured_is_one_line() -> None:
    with pytest.raises(
        UsageError, match=rf"a support of {MOST + 40}: only \d+ perturbations of [ab] are measured"
    ):
        draw_support(SPLIT, MOST + 40, None, seed=0)
