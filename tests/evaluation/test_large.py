"""What keeps large data small in memory changes no result."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.data.splits import beside, by_pair
from core_harness.evaluation import loaded
from core_harness.evaluation.loaded import digest_of, packed, unpacked
from core_harness.schemas import ROWS, in_order

NAMES = st.one_of(st.none(), st.sampled_from(["a", "b", "ab", ""]))


@given(st.lists(st.tuples(NAMES, st.integers(0, 2)), max_size=6))
def test_rows_are_in_order_where_each_is_above_the_one_before(rows: list[tuple[Any, int]]) -> None:
    frame = pl.DataFrame(rows, schema={"name": pl.String, "number": pl.Int64}, orient="row")
    found = in_order(frame, ["name", "number"])
    if any(name is None for name, _ in rows):  # of a missing name nothing is known
        assert not found or len(rows) < 2
    else:
        assert found == all(before < now for before, now in pairwise(rows))


@pytest.mark.parametrize("height", [0, 1, 2, 3, 7])
def test_a_digest_is_that_of_the_whole_file(height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded, "_AT_ONCE", 3)
    rows = pl.DataFrame(
        {
            "context": "a,b",
            "perturbation": [f"p{n}" for n in range(height)],
            "gene": "g",
            "label": 1,
            "split": "test",
        },
        schema=dict(ROWS),
    )
    assert digest_of(rows) == hashlib.sha256(rows.write_csv().encode()).hexdigest()


def test_columns_are_put_beside_queries_by_pair() -> None:
    queries = pl.DataFrame({"pair_id": [0, 1, 2], "gene": ["x", "y", "z"]})
    scores = pl.DataFrame({"pair_id": [0, 1, 2], "score": [0.1, 0.2, 0.3]})
    wanted = queries.join(scores, on="pair_id")
    assert beside(queries, scores).equals(wanted)
    assert beside(queries, scores.reverse()).sort("pair_id").equals(wanted)
    assert beside(queries, scores.head(2)).equals(wanted.head(2))
    assert by_pair([scores.tail(1), scores.head(2)]).equals(scores)


@given(st.lists(st.tuples(NAMES, NAMES, st.integers(0, 2)), max_size=6))
def test_packed_rows_are_what_they_were(rows: list[tuple[Any, ...]]) -> None:
    kinds = {"name": pl.String, "split": pl.String, "number": pl.Int64}
    frame = pl.DataFrame(rows, schema=kinds, orient="row")
    assert unpacked(packed(frame)).equals(frame)
    assert packed(frame).schema["name"] == pl.Enum
