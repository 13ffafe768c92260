"""Frames of a schema: from rows and columns of any kind, or one line that names column and row."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness import PREDICTIONS, RELATIONS, frame
from core_harness.errors import PluginError
from core_harness.llm import PROMPTS
from core_harness.schemas import check

NAMES = st.text(max_size=4)
ROWS = st.lists(st.tuples(NAMES, NAMES, st.floats(0, 9) | st.integers(0, 9) | st.none()), max_size=4)
PROMPT = (0, 0, "yes-no", "", "Does it change?", ["G"], [0])


@given(ROWS)
def test_rows_and_columns_make_one_frame(rows: list[tuple[str, str, float | None]]) -> None:
    made = frame(RELATIONS, rows)
    assert dict(made.schema) == dict(RELATIONS)
    assert made.rows() == rows
    assert frame(RELATIONS, [dict(zip(RELATIONS, row, strict=True)) for row in rows]).equals(made)
    columns = {name: [row[at] for row in rows] for at, name in enumerate(RELATIONS)}
    assert frame(RELATIONS, columns).equals(made)
    assert frame(RELATIONS, made.to_dict()).equals(made)


@pytest.mark.parametrize("pair_ids", [[0], (0,), np.array([0]), pl.Series([0])])
def test_whole_numbers_in_lists_are_made_those_of_the_schema(pair_ids: Any) -> None:
    made = frame(PROMPTS, [(*PROMPT[:-1], pair_ids)])
    assert dict(made.schema) == dict(PROMPTS)
    assert made["pair_ids"].to_list() == [[0]]


def test_lists_of_another_width_are_cast_between_the_stages() -> None:
    wide = frame(PROMPTS, [PROMPT]).with_columns(pl.col("pair_ids").cast(pl.List(pl.Int64)))
    assert check(wide, PROMPTS, "organizer 'mine'").schema["pair_ids"] == pl.List(pl.UInt32)
    with pytest.raises(PluginError, match="'pair_ids' does not fit"):
        check(wide.with_columns(pair_ids=pl.Series([[-1]])), PROMPTS, "organizer 'mine'")
    with pytest.raises(PluginError, match=r"'pair_ids' is List\(String\), wanted List\(UInt32\)"):
        check(wide.with_columns(pair_ids=pl.Series([["0"]])), PROMPTS, "organizer 'mine'")


def test_further_columns_ride_along() -> None:
    made = frame(RELATIONS, [{"via": "M", "perturbation": "P", "neighbour": "N", "weight": 1}])
    assert made.columns == [*RELATIONS, "via"]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([(0, 0.5)], "row 0 is (0, 0.5), wanted 3 values: pair_id, score, status"),
        (["abc"], "row 0 is 'abc', wanted 3 values: pair_id, score, status"),
        ([(0, 0.5, "ok"), (-1, 0.5, "ok")], "column 'pair_id', row 1: -1 does not fit UInt32"),
        ([(0, "half", "ok")], "column 'score', row 0: 'half' does not fit Float64"),
        ([(1 << 32, 0.5, "ok")], "column 'pair_id', row 0: 4294967296 does not fit UInt32"),
        ([{"pair_id": 0, "score": 0.5}], "row 0 has no 'status' (it has: pair_id, score)"),
        ({"pair_id": [0], "score": [0.5]}, "no column 'status' (got: pair_id, score)"),
        (
            {"pair_id": [0, 1], "score": [0.5], "status": ["ok"]},
            "columns of different lengths: pair_id 2, score 1, status 1",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(rows: Any, line: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the line is compared whole
        frame(PREDICTIONS, rows)
    assert str(caught.value) == line


def test_a_text_is_no_list() -> None:
    with pytest.raises(ValueError, match=r"column 'items', row 0: 'TP53' is a text, wanted List\(String\)"):
        frame(PROMPTS, [(*PROMPT[:5], "TP53", [0])])
