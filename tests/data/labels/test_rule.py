"""Labels divide all results, and the presets say what they say."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.data.labels.rule import PRESETS, RESULTS, Thresholds, labelled, thresholds_of
from core_harness.errors import UsageError
from core_harness.vocabulary import Preset

missing = st.none()
fdr = st.floats(0, 1) | missing | st.sampled_from([0.05, 0.5])
fold_change = st.floats(allow_nan=False) | missing | st.sampled_from([0.585, -0.585, 0.2, 0.0])
expression = st.floats(0, 100) | missing
rows = st.lists(st.tuples(fdr, fold_change, expression), min_size=1, max_size=30)
thresholds = st.builds(
    Thresholds,
    fdr=st.floats(0.001, 0.5),
    fold_change=st.floats(0, 2),
    none_fdr=st.floats(0, 1) | missing,
    none_fold_change=st.floats(0.01, 2) | missing,
    none_expression=st.floats(0, 50) | missing,
)


def table(rows: Sequence[tuple[float | None, ...]]) -> pl.LazyFrame:
    columns = {name: [None] * len(rows) for name in RESULTS}
    names = ("fdr", "log2_fold_change", "expression")
    columns |= {name: [row[at] for row in rows] for at, name in enumerate(names)}  # type: ignore[misc]
    return pl.LazyFrame(columns, schema=dict(RESULTS))


def labels(
    rows: Sequence[tuple[float | None, ...]], rule: Thresholds, *, expressed: bool = True
) -> list[str]:
    found: list[str] = labelled(table(rows), rule, expressed=expressed).collect()["label"].to_list()
    return found


@given(rows, thresholds, st.booleans())
def test_labels_divide_the_results(
    rows: Sequence[tuple[float | None, ...]], rule: Thresholds, expressed: bool
) -> None:
    found = labelled(table(rows), rule, expressed=expressed).collect()
    assert found["label"].null_count() == 0
    assert ((found["label"] == "ambiguous") == found["why"].is_not_null()).all()
    for (q, change, mean), label, why in zip(rows, found["label"], found["why"], strict=True):
        if q is None:
            assert why == "no FDR"
        if label in {"up", "down"}:
            assert q is not None
            assert change is not None
            assert q <= rule.fdr
            assert abs(change) >= rule.fold_change
            assert (change > 0) == (label == "up")
        if label == "none":
            assert q is not None
            assert q > rule.fdr
            assert not (expressed and rule.none_expression is not None and mean is None)


@given(rows, thresholds)
def test_up_is_the_mirror_of_down(rows: Sequence[tuple[float | None, ...]], rule: Thresholds) -> None:
    mirrored = [(q, None if change is None else -change, mean) for q, change, mean in rows]
    swapped = {"up": "down", "down": "up"}
    assert labels(mirrored, rule) == [swapped.get(label, label) for label in labels(rows, rule)]


@given(rows, thresholds, st.floats(0.001, 0.5))
def test_a_stricter_fdr_calls_no_more_changes(
    rows: Sequence[tuple[float | None, ...]], rule: Thresholds, other: float
) -> None:
    low, high = sorted([rule.fdr, other])
    strict, loose = (labels(rows, rule.model_copy(update={"fdr": value})) for value in (low, high))
    assert all(b == a for a, b in zip(strict, loose, strict=True) if a in {"up", "down"})


@pytest.mark.parametrize(
    ("preset", "row", "label"),
    [
        ("banded", (0.05, 0.585, 10.0), "up"),
        ("banded", (0.05, -0.585, 0.0), "down"),
        ("banded", (0.05, 0.58, 10.0), "ambiguous"),
        ("banded", (0.5, 0.19, 10.0), "none"),
        ("banded", (0.5, 0.2, 10.0), "ambiguous"),
        ("banded", (0.49, 0.0, 10.0), "ambiguous"),
        ("banded", (0.9, 0.0, 9.9), "ambiguous"),
        ("banded", (0.9, None, 10.0), "ambiguous"),
        ("banded", (0.01, math.inf, 10.0), "up"),
        ("simple", (0.05, 0.001, None), "up"),
        ("simple", (0.05, 0.0, None), "ambiguous"),
        ("simple", (0.051, 5.0, None), "none"),
        ("simple", (0.9, None, None), "none"),
        ("simple", (None, 5.0, None), "ambiguous"),
    ],
)
def test_the_presets_at_their_bounds(preset: Preset, row: tuple[float | None, ...], label: str) -> None:
    assert labels([row], PRESETS[preset]) == [label]


def test_thresholds_that_are_given_replace_those_of_a_preset() -> None:
    assert thresholds_of("simple", {"fdr": 0.1, "fold_change": None}).fdr == 0.1
    with pytest.raises(UsageError, match=r"out of range \(fdr 5\)"):
        thresholds_of("banded", {"fdr": 5})
