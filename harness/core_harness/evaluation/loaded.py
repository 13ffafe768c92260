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
    rows, digest
        All rows, and their SHA-256.
    split
        The same divided into support and queries, with the truth apart.
    dataset
        The component that it comes from.
    """

    task: Task
    rows: pl.DataFrame
    split: Split
    digest: str
    dataset: Instance

    @property
    def notes(self) -> list[str]:
        """What was left out of its source or changed, a line each."""
        return list(getattr(self.dataset.object, "notes", ()))
