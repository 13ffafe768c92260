"""Names are held out by seed and share, and by nothing else."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.data.held_out import AXES, parse_held_out, split_of
from core_harness.errors import UsageError

names = st.lists(st.text("ABCDEF", min_size=1, max_size=3), min_size=2, unique=True)
shares = st.floats(0.01, 0.99)


@given(names, shares, st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_draw_depends_on_the_set_of_names(
    names: list[str], share: float, seed: int, random: object
) -> None:
    asked = parse_held_out(f"perturbation={share}")
    held = asked.draw({"perturbation": names}, seed=seed)
    shuffled = names * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert asked.draw({"perturbation": shuffled}, seed=seed) == held
    assert 1 <= len(held["perturbation"]) < len(names)
    assert abs(len(held["perturbation"]) - share * len(names)) <= 1


@given(names, names, shares)
def test_two_axes_share_no_name_across_the_split(one: list[str], other: list[str], share: float) -> None:
    asked = parse_held_out(f"gene + perturbation = {share}")
    assert asked.axes == ("perturbation", "gene")
    held = asked.draw({"perturbation": one, "gene": other}, seed=0)
    rows = pl.DataFrame({"perturbation": one}).join(pl.DataFrame({"gene": other}), how="cross")
    split = rows.with_columns(split_of(held)).drop_nulls("split")
    for axis in ("perturbation", "gene"):
        assert not set(split.filter(split="train")[axis]) & set(split.filter(split="test")[axis])
    assert set(split["split"]) == {"train", "test"}


def test_seeds_draw_differently() -> None:
    many = {"perturbation": [f"P{n}" for n in range(40)]}
    asked = parse_held_out("perturbation=.25")
    assert asked.draw(many, seed=0) != asked.draw(many, seed=1)


@pytest.mark.parametrize("axes", AXES)
def test_each_axis_can_be_held_out(axes: str) -> None:
    assert set(parse_held_out(f"{axes}=.25").axes) == set(axes.split("+"))


@pytest.mark.parametrize("text", ["", "perturbation", "perturbation=25", "gene=.5", "x=.5", "perturbation=0"])
def test_what_is_no_split_is_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not AXIS=SHARE .* as in --split perturbation=.25"):
        parse_held_out(text)


def test_one_name_cannot_be_divided() -> None:
    with pytest.raises(UsageError, match="there is one context only"):
        parse_held_out("context=.5").draw({"context": ["a"]}, seed=0)
