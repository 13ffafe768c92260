"""Parquet files that are small on the disk and large in memory, or say of themselves what is not so."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from core_harness.runs.thrift import Reader, Struct

COLUMNS = ("pair_id", "context", "perturbation", "gene", "score", "status")


def honest(rows: int = 100) -> pl.DataFrame:
    """Return predictions."""
    number = pl.int_range(rows, eager=True)
    return pl.DataFrame(
        {
            "pair_id": number.cast(pl.UInt32),
            "context": ["K562"] * rows,
            "perturbation": [f"P{at % 7}" for at in range(rows)],
            "gene": [f"G{at}" for at in range(rows)],
            "score": number / rows,
            "status": ["ok"] * rows,
        }
    )


def written(frame: pl.DataFrame, **options: Any) -> bytes:
    """Return a frame as the bytes of a Parquet file."""
    content = io.BytesIO()
    frame.write_parquet(content, **options)
    return content.getvalue()


def many_rows(rows: int = 3_000_000) -> bytes:
    """Return as many equal rows, of which runs of a few bytes are left."""
    return written(honest(1).select(pl.all().gather(pl.zeros(rows, pl.UInt32, eager=True))))


def long_names(size: int = 2_000_000) -> bytes:
    """Return rows whose one gene has a name of so many characters."""
    return written(honest().with_columns(gene=pl.lit("G" * size)))


def more_columns() -> bytes:
    """Return rows with a column of long texts that predictions do not have."""
    return written(honest().with_columns(reply=pl.lit("x" * 100_000)))


def many_groups() -> bytes:
    """Return rows in a row group each: a footer that is larger than they are."""
    return written(honest(5_000), row_group_size=1)


def of_other_types() -> list[bytes]:
    """Return rows with lists, structs, dates, decimals and binary in place of scores or names."""
    score, gene = pl.col("score"), pl.col("gene")
    changes = [
        pl.concat_list(score, score).alias("score"),
        pl.struct(score).alias("score"),
        pl.lit("2026-01-01").str.to_date().alias("score"),
        score.cast(pl.Decimal(10, 2)),
        gene.cast(pl.Binary),
        gene.cast(pl.Categorical),
        pl.concat_list(gene, gene).alias("gene"),
    ]
    return [written(honest().with_columns(change)) for change in changes]


def footer_of(content: bytes) -> Struct:
    """Return the footer of a file."""
    size = int.from_bytes(content[-8:-4], "little")
    return Reader(content[-8 - size : -8], 0, values=10**6).struct()


def with_number(content: bytes, old: int, new: int) -> list[bytes]:
    """Return the file with a number of its footer replaced, wherever it stands, in as many bytes."""
    size = int.from_bytes(content[-8:-4], "little")
    before, after = _varint(old), _varint(new)
    assert len(before) == len(after)
    start = len(content) - 8 - size
    found = []
    while (start := content.find(before, start, len(content) - 8)) >= 0:
        found.append(content[:start] + after + content[start + len(after) :])
        start += 1
    return found


def _varint(number: int) -> bytes:
    left, parts = number << 1, bytearray()
    while left > 0x7F:
        parts.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*parts, left])


BOMBS: Mapping[str, Callable[[], bytes]] = {
    "many rows": many_rows,
    "long names": long_names,
    "many row groups": many_groups,
}
