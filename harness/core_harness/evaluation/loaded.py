"""A dataset, loaded and divided."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core_harness.data.splits import Split
from core_harness.plugins.component import Instance
from core_harness.schemas import Task


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
