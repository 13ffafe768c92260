"""Replies shared by all runs on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core_harness.llm.messages import Reply
from core_harness.llm.store import Store

_VERSION = 1
_TABLES = (
    """CREATE TABLE IF NOT EXISTS replies (
        key TEXT PRIMARY KEY,
        model TEXT NOT NULL,      -- as it was asked for
        answered TEXT NOT NULL,   -- as the provider named it
        stored REAL NOT NULL,     -- seconds since 1970
        reply TEXT NOT NULL       -- JSON
    )""",
)


@dataclass(frozen=True, kw_only=True)
class CachedModel:
    """What the cache holds of one model.

    Attributes
    ----------
    model, answered
        The model as it was asked for, and the name under which the provider answered.
    replies, size
        How many, and how many bytes.
    oldest, newest
        When they were stored, in seconds since 1970.
    """

    model: str
    answered: str
    replies: int
    size: int
    oldest: float
    newest: float


class Cache:
    """The cache file, in :func:`~core_harness.paths.cache_folder`. Closes as a context manager."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path, _VERSION, _TABLES)

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, keys: Iterable[str]) -> dict[str, Reply]:
        """Return the replies of those keys that are there."""
        return self._store.replies(keys)

    def put(self, replies: Iterable[tuple[str, Reply]], model: str) -> None:
        """Store replies of ``model``. What is there already stays."""
        now = time.time()
        rows = [(key, model, reply.model, now, reply.to_json()) for key, reply in replies]
        with self._store.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?)", rows)

    def show(self) -> list[CachedModel]:
        """Return what is there, by model."""
        rows = self._store.rows(
            """SELECT model, answered, count(*), sum(length(CAST(reply AS BLOB))), min(stored), max(stored)
            FROM replies GROUP BY model, answered ORDER BY model, answered"""
        )
        names = ("model", "answered", "replies", "size", "oldest", "newest")
        return [CachedModel(**dict(zip(names, row, strict=True))) for row in rows]

    def prune(self, *, older_than: float | None = None, model: str | None = None) -> int:
        """Delete replies and return how many.

        Parameters
        ----------
        older_than
            Only those stored more than so many days ago.
        model
            Only those of a model, by either of its names; ``*`` stands for any text (``simulated/*``).
        """
        latest = float("inf") if older_than is None else time.time() - older_than * 86_400
        with self._store.transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM replies WHERE stored <= ? AND (model GLOB ? OR answered GLOB ?)",
                (latest, *[model or "*"] * 2),
            ).rowcount
        self._store.rows("VACUUM")
        return deleted

    def close(self) -> None:
        """Close the file."""
        self._store.close()
