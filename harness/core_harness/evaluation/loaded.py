"""A dataset, loaded and divided."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl

from core_harness.data.splits import Split
from core_harness.plugins.component import Instance
from core_harness.schemas import ROWS, Task

_AT_ONCE = 1_000_000
"""Rows that are text at a time."""


def packed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with numbers for their names: a fifth of the memory."""
    names = [name for name, kind in rows.schema.items() if kind == pl.String]
    return rows.with_columns(
        rows[name].cast(pl.Enum(rows[name].drop_nulls().unique().sort())) for name in names
    )


def unpacked(rows: pl.DataFrame) -> pl.DataFrame:
    """Return :func:`packed` rows as they were."""
    names = [name for name, kind in rows.schema.items() if kind == pl.Enum]
    return rows.with_columns(pl.col(names).cast(pl.String))


def digest_of(rows: pl.DataFrame) -> str:
    """Return the SHA-256 of rows as a CSV file: equal rows in equal order have equal digests."""
    digest = hashlib.sha256()
    for start in range(0, max(rows.height, 1), _AT_ONCE):
        some = rows.select(*ROWS).slice(start, _AT_ONCE)
        digest.update(some.write_csv(include_header=start == 0).encode())
    return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A dataset, loaded and divided.

    Attributes
    ----------
    task
        What is asked of it.
    packed, digest
        All rows (:func:`packed`), and their SHA-256.
    split
        The same divided into support and queries, with the truth apart.
    dataset
        The component that it comes from.
    """

    task: Task
    packed: pl.DataFrame
    split: Split
    digest: str
    dataset: Instance

    @property
    def rows(self) -> pl.DataFrame:
        """All rows; they are unpacked each time."""
        return unpacked(self.packed)

    @property
    def notes(self) -> list[str]:
        """What was left out of its source or changed, a line each."""
        return list(getattr(self.dataset.object, "notes", ()))
