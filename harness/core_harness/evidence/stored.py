"""Relations on disk: Arrow files by a key, memory-mapped on reading, the least recently used let go first.

``cache/relations/<key>-<sha256>.arrow`` is named by the digest of its own bytes, so that a damaged file is
known when it is read, and is then as if it were not there. A file appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core_harness.errors import UsageError
from core_harness.paths import cache_folder

VARIABLE = "CORE_HARNESS_RELATIONS_GB"
"""Environment variable of the most that is kept, in gigabytes."""

_USUAL_GB = 2.0
_NEW = ".new-"
_ABANDONED = 86_400
"""Seconds after which a file that was begun belongs to a process that is gone."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A file of relations.

    Attributes
    ----------
    path, size
        Where it is, and its bytes.
    used
        When it was last read or written, in seconds since 1970.
    """

    path: Path
    size: int
    used: float


def relations_folder() -> Path:
    """Return the folder of relations that all processes of this machine share. It need not exist."""
    return cache_folder() / "relations"


def most_bytes() -> int:
    """Return the most bytes that are kept, 2 GB unless :data:`VARIABLE` says otherwise; 0 keeps nothing.

    Raises :class:`~core_harness.errors.UsageError` where the variable is no number from 0 on.
    """
    value = os.environ.get(VARIABLE) or str(_USUAL_GB)
    try:
        most = int(float(value) * 1e9)
    except (ValueError, OverflowError):
        most = -1
    if most < 0:
        raise UsageError(f"{VARIABLE} is {value!r}; give a number of gigabytes, or 0 to store no relations")
    return most


def read(folder: Path, key: str) -> pl.DataFrame | None:
    """Return the relations of a key, mapped into memory; None where there are none, or they are damaged."""
    for path in sorted(folder.glob(f"{key}-*.arrow")):
        with suppress(OSError):  # what cannot be read now may be whole
            if path.stem != _name(key, path):
                path.unlink()
                continue
            relations = pl.read_ipc(path)
            with suppress(OSError):  # another user's file is read as well
                os.utime(path)
            return relations
    return None


def write(folder: Path, key: str, relations: pl.DataFrame, *, most: int) -> pl.DataFrame:
    """Store relations, and return them as :func:`read` will; those that cannot be stored are as they were.

    Files that were not used for longest are deleted until all fit in ``most`` bytes. Of two processes that
    write the same, either may be first.
    """
    # one batch, so that what is read adds up in the order of what was computed
    relations = relations.rechunk()
    if relations.estimated_size() > most:
        return relations
    with suppress(OSError, pl.exceptions.PolarsError):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=_NEW)
        os.close(descriptor)
        new = Path(name)
        new.chmod(0o644)  # a cache may be shared
        try:
            relations.write_ipc(new, compression="uncompressed", record_batch_size=max(relations.height, 1))
            path = new.replace(folder / f"{_name(key, new)}.arrow")
        finally:
            new.unlink(missing_ok=True)
        relations = pl.read_ipc(path)
        prune(folder, most=most)
    return relations


def stored(folder: Path) -> list[Stored]:
    """Return the files of relations, those that were not used for longest first."""
    found = []
    for path in folder.glob("*.arrow"):
        with suppress(OSError):  # another process may delete it meanwhile
            about = path.stat()
            found.append(Stored(path=path, size=about.st_size, used=about.st_mtime))
    return sorted(found, key=lambda one: (one.used, one.path))


def prune(folder: Path, *, most: int | None = None, older_than: float | None = None) -> list[Stored]:
    """Delete relations, and return what was deleted.

    Parameters
    ----------
    folder
        Where they are.
    most
        Bytes to keep, of those that were used last; None keeps any number.
    older_than
        Delete only, and all, that was not used for so many days.
    """
    now = time.time()
    files = stored(folder)
    size = sum(one.size for one in files)
    deleted = []
    for one in files:
        too_old = older_than is not None and now - one.used > older_than * 86_400
        if not too_old and (most is None or size <= most):
            continue
        with suppress(OSError):
            one.path.unlink(missing_ok=True)
            size -= one.size
            deleted.append(one)
    for begun in folder.glob(f"{_NEW}*"):
        with suppress(OSError):
            if now - begun.stat().st_mtime > _ABANDONED:
                begun.unlink()
    return deleted


def _name(key: str, path: Path) -> str:
    with path.open("rb") as file:
        return f"{key}-{hashlib.file_digest(file, 'sha256').hexdigest()}"
