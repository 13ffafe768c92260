"""Predictions are read only after footer and page headers say that they are small, and are what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import bombs
from runs.bombs import BOMBS, COLUMNS, honest, written

from core_harness.errors import RunError
from core_harness.runs.predictions import parse

PATH = Path("run") / "predictions.parquet"
ROWS = 100
CONTENT = written(honest(ROWS))


def refusal(content: bytes) -> str | None:
    """Return why a file is refused; None where it is read."""
    try:
        assert parse(content, PATH).columns == [*COLUMNS]
    except RunError as error:
        return str(error)
    return None


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "uncompressed", "lz4", "brotli"])
@pytest.mark.parametrize("groups", [None, 30])
def test_what_is_written_is_read(compression: str, groups: int | None) -> None:
    content = written(honest(ROWS), compression=compression, row_group_size=groups)
    assert parse(content, PATH, rows=ROWS).equals(honest(ROWS))


def test_seeds_are_read_and_other_columns_are_not() -> None:
    content = written(honest(ROWS).with_columns(pl.lit(0).alias("seed"), reply=pl.lit("secret")))
    assert parse(content, PATH).columns == [*COLUMNS, "seed"]
    assert parse(bombs.more_columns(), PATH).columns == [*COLUMNS]


@pytest.mark.parametrize("bomb", [*BOMBS])
def test_what_becomes_large_is_one_line(bomb: str) -> None:
    content = BOMBS[bomb]()
    with pytest.raises(RunError, match=r"predictions\.parquet cannot be used: .*(rows|bytes)") as caught:
        parse(content, PATH, rows=ROWS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", bombs.of_other_types())
def test_other_types_are_refused_before_they_are_read(content: bytes) -> None:
    with pytest.raises(RunError, match=r"cannot be used"):
        parse(content, PATH, rows=ROWS)


def test_a_file_that_states_fewer_rows_than_it_holds_is_refused() -> None:
    """Its pages hold 9,000 rows; the footer says 8,999 in one place or another."""
    content = written(honest(9_000))
    changed = bombs.with_number(content, 9_000, 8_999)
    refused = [error for file in changed if (error := refusal(file)) is not None]
    assert len(refused) >= 2 + len(COLUMNS)
    assert sum(" stated" in error for error in refused) >= 2 + len(COLUMNS)


@given(st.lists(st.tuples(st.integers(0, len(CONTENT) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_any_damage_is_one_line_or_none(places: list[tuple[int, int]]) -> None:
    damaged = bytearray(CONTENT)
    for place, byte in places:
        damaged[place] = byte
    assert "\n" not in (refusal(bytes(damaged)) or "")


@given(st.integers(0, len(CONTENT)), st.binary(max_size=30))
def test_any_part_of_a_file_is_one_line(length: int, more: bytes) -> None:
    content = CONTENT[:length] + more
    if content != CONTENT:
        with pytest.raises(RunError, match="cannot be used"):
            parse(content, PATH, rows=ROWS)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.drop("score"),
        lambda frame: frame.with_columns(gene=pl.lit("G" * 501)),
        lambda frame: pl.concat([frame] * 3),
        lambda frame: frame.with_columns(score=pl.lit("high")),
    ],
)
def test_other_rows_are_refused(change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    with pytest.raises(RunError):
        parse(written(change(honest(ROWS))), PATH, rows=ROWS)


def test_an_encoding_in_which_texts_grow_is_refused() -> None:
    """Wherever a byte may state an encoding, state DELTA_BYTE_ARRAY."""
    i32, delta = 0x15, 14
    places = [at + 1 for at in range(len(CONTENT) - 1) if CONTENT[at] == i32 and CONTENT[at + 1] <= 16]
    refused = [refusal(CONTENT[:at] + bytes([delta]) + CONTENT[at + 1 :]) or "" for at in places]
    assert sum("DELTA_BYTE_ARRAY" in error for error in refused) >= len(COLUMNS)
