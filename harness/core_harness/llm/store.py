"""One SQLite file that several processes may write to at once."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from core_harness.errors import RunError
from core_harness.llm.checked import MOST_BYTES, checked
from core_harness.llm.messages import Reply, Transient

_LONGEST_VALUE = 4 * MOST_BYTES
"""Bytes of a value in a file that anyone may have written; a reply as JSON, with its log-probabilities."""

_PATIENCE = 120.0
"""Seconds to wait for another process's transaction; theirs, like ours, last milliseconds."""


class Store:
    """A SQLite database in WAL mode: readers never wait, and a killed process leaves it whole.

    Parameters
    ----------
    path
        The file, made with its folder if it is not there; None keeps the database in memory.
    version
        Of the tables; a file with another one is refused.
    tables
        Statements that make them.
    untrusted
        Whether anyone may have written the file. It is only read then.

    Raises
    ------
    RunError
        The file cannot be used.
    """

    def __init__(
        self, path: Path | None, version: int, tables: Iterable[str], *, untrusted: bool = False
    ) -> None:
        self.path = path
        self._copies: TemporaryDirectory[str] | None = None
        try:
            if untrusted and path is not None:
                self._connection = self._open_untrusted(path, version)
                return
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            # made by one thread and used by the event loop's; never by both at once
            self._connection = sqlite3.connect(
                path or ":memory:", timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._prepare(version, tables)
        except (OSError, sqlite3.Error) as error:
            raise RunError(f"the store of replies {path} cannot be opened: {error}") from None

    def _open_untrusted(self, path: Path, version: int) -> sqlite3.Connection:
        """Open a file for reading; nothing beside it is touched, no value is larger than a reply."""
        if not stat.S_ISREG(path.lstat().st_mode):
            raise RunError(f"the store of replies {path} cannot be opened: it is no regular file")
        connection = sqlite3.connect(self._readable(path), uri=True)
        with ExitStack() as refused:
            refused.callback(connection.close)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            connection.execute("PRAGMA trusted_schema = OFF")
            found = connection.execute("SELECT type FROM sqlite_master WHERE name = 'replies'").fetchall()
            (numbered,) = connection.execute("PRAGMA user_version").fetchone()
            if found != [("table",)] or numbered != version:  # a view may run without end
                raise RunError(f"{path} is no store of replies of schema version {version}")
            refused.pop_all()
        return connection

    def _readable(self, path: Path) -> str:
        """Return the address of a file for reading: a copy where a killed process left a part in its log."""
        log = path.with_name(f"{path.name}-wal")
        if not (log.is_file() and not log.is_symlink() and log.stat().st_size):
            return f"file:{quote(os.fsencode(path.absolute()))}?mode=ro&immutable=1"
        self._copies = TemporaryDirectory()
        for file in (path, log):
            shutil.copyfile(file, Path(self._copies.name) / file.name)
        return f"file:{quote(os.fsencode(Path(self._copies.name) / path.name))}"

    def _prepare(self, version: int, tables: Iterable[str]) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        # a commit is safe from a killed process at once, from a power cut at the next checkpoint
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self.transaction() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found not in {0, version}:
                raise RunError(f"{self.path} has schema version {found}, this core-harness reads {version}")
            for statement in tables:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all of the block or nothing. Raises :class:`RunError`, e.g. for a full disk.

        The write lock is taken at the start: a transaction that begins by reading may not wait for it
        later, and SQLite would answer "database is locked" at once.
        """
        with self._naming_the_file():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite has ended it where the disk is full
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, query: str, *parameters: object) -> list[Any]:
        """Return what a query reads. Raises :class:`RunError`."""
        with self._naming_the_file():
            return self._connection.execute(query, parameters).fetchall()

    def replies(self, keys: Iterable[str] | None = None) -> dict[str, Reply]:
        """Return the stored reply of each key that has one, or of all, from ``replies (key, reply)``.

        Raises :class:`RunError` for a reply that is none.
        """
        query = "SELECT key, reply FROM replies WHERE ?1 IS NULL OR key IN (SELECT value FROM json_each(?1))"
        found = self.rows(query, None if keys is None else json.dumps(list(keys)))
        try:
            return {key: checked(Reply.from_json(text)) for key, text in found}
        except (ValueError, TypeError, AttributeError, RecursionError, Transient) as error:
            raise RunError(f"the store of replies {self.path} holds one that is none: {error}") from None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        if self._copies is not None:
            self._copies.cleanup()

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise RunError(f"the store of replies {self.path} cannot be used: {error}") from None
