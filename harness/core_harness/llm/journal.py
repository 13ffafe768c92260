"""The requests and replies of one run, recorded as they happen.

The table ``attempts`` has a row for each request before it is sent, charged with its upper bound, and
is corrected when the outcome is known. So after a crash the rows without an outcome are the requests
that were in flight, and the sum of the table is never less than what the provider has charged.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from core_harness.llm.budget import Amount
from core_harness.llm.cache import Cache
from core_harness.llm.messages import Price, Reply, Tokens
from core_harness.llm.store import Store

_VERSION = 1
_TABLES = (
    """CREATE TABLE IF NOT EXISTS replies (
        key TEXT PRIMARY KEY,
        reply TEXT NOT NULL  -- JSON
    )""",
    """CREATE TABLE IF NOT EXISTS attempts (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        number INTEGER NOT NULL,      -- 1 for the first attempt at this key
        sent REAL NOT NULL,           -- seconds since 1970
        seconds REAL,                 -- until the outcome
        outcome TEXT,                 -- 'answered', or the cause of failure; null while in flight
        prompt_tokens INTEGER NOT NULL,
        completion_tokens INTEGER NOT NULL,
        cost REAL                     -- US dollars, null where no price is known
    )""",
)

ANSWERED = "answered"
LOST = "lost: in flight when the run was killed"


class Journal:
    """The replies of one run, backed by the cache of all runs. Closes as a context manager.

    Parameters
    ----------
    path
        The file in the run folder, made if it is not there; None keeps it in memory.
    cache
        Looked up where the run itself has no reply, and given every new one.
    untrusted
        Whether anyone may have made the run. Its replies are only read then, within limits.
    """

    def __init__(self, path: Path | None, *, cache: Cache | None = None, untrusted: bool = False) -> None:
        self._store = Store(path, _VERSION, _TABLES, untrusted=untrusted)
        self._cache = cache

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stored(self, keys: Iterable[str] | None = None) -> dict[str, Reply]:
        """Return the replies that this run has, of some keys or of all."""
        return self._store.replies(keys)

    def cached(self, keys: Iterable[str]) -> dict[str, Reply]:
        """Return the replies that the cache has."""
        return self._cache.get(keys) if self._cache is not None else {}

    def adopt(self, replies: dict[str, Reply]) -> None:
        """Copy replies from the cache or another run into this one, so that its folder is complete."""
        rows = [(key, reply.to_json()) for key, reply in replies.items()]
        with self._store.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO replies VALUES (?, ?)", rows)

    def close_lost(self) -> int:
        """Mark attempts that were in flight when the run was killed, and return how many there were."""
        with self._store.transaction() as connection:
            update = "UPDATE attempts SET outcome = ? WHERE outcome IS NULL"
            return connection.execute(update, (LOST,)).rowcount

    def spent(self, price: Price | None) -> Amount:
        """Return what the whole run has spent, by ``price``, or as estimated at the time if there is none."""
        ((calls, prompt, completion, cost, priced),) = self._store.rows(
            """SELECT count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),
            coalesce(sum(cost), 0.0), count(cost) FROM attempts"""
        )
        tokens = Tokens(prompt, completion)
        if price is not None:
            cost = price.cost(tokens)
        return Amount(calls, tokens.total, cost if price is not None or priced == calls else None)

    def begin(self, key: str, number: int, bound: Tokens, cost: float | None) -> int:
        """Record that an attempt is about to be sent, and return its id."""
        with self._store.transaction() as connection:
            row = connection.execute(
                """INSERT INTO attempts (key, number, sent, prompt_tokens, completion_tokens, cost)
                VALUES (?, ?, ?, ?, ?, ?)""",
                (key, number, time.time(), bound.prompt, bound.completion, cost),
            )
        return int(row.lastrowid or 0)

    def failed(self, attempt: int, cause: str, used: Tokens, cost: float | None) -> None:
        """Record that an attempt failed, and what it may have cost."""
        with self._store.transaction() as connection:
            _end(connection, attempt, cause, used, cost)

    def answered(self, attempt: int, key: str, reply: Reply, *, model: str, used: Tokens) -> None:
        """Record a reply of ``model``, and how many tokens it took."""
        if self._cache is not None:
            # first, so that a run killed between the two finds it here
            self._cache.put([(key, reply)], model)
        with self._store.transaction() as connection:
            _end(connection, attempt, ANSWERED, used, reply.cost)
            connection.execute("INSERT OR IGNORE INTO replies VALUES (?, ?)", (key, reply.to_json()))

    def attempts(self) -> list[tuple[str, int, float | None, str | None]]:
        """Return ``key, number, seconds, outcome`` of all attempts in the order in which they were sent."""
        return self._store.rows("SELECT key, number, seconds, outcome FROM attempts ORDER BY id")

    def close(self) -> None:
        """Close the file; the cache belongs to the caller."""
        self._store.close()


def _end(
    connection: sqlite3.Connection, attempt: int, outcome: str, used: Tokens, cost: float | None
) -> None:
    connection.execute(
        """UPDATE attempts SET outcome = ?, seconds = ? - sent, prompt_tokens = ?, completion_tokens = ?,
        cost = ? WHERE id = ?""",
        (outcome, time.time(), used.prompt, used.completion, cost, attempt),
    )
