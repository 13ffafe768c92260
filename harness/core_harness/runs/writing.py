"""Writing a run folder: each file whole or not at all, and by one process at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core_harness.errors import BusyError, RunError

LOCK = "writer.lock"
"""In a folder while it is written: process and host, for messages."""

_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP})
"""A file system that has no locks; a run is better there without one than not at all."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file by way of a temporary one, so that it appears whole or not at all.

    Raises :class:`~core_harness.errors.RunError` where it cannot be written, e.g. for a full disk; what stood
    there before stands there still.
    """
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        with suppress(FileNotFoundError):  # left by a process that was killed
            temporary.unlink()
        with temporary.open("xb") as file:
            file.write(content)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise RunError(f"cannot write {path}: {error.strerror or error}") from None


@contextmanager
def written_by_us(folder: Path) -> Iterator[None]:
    """Keep other processes from writing a run folder meanwhile. A lock ends with its process.

    Raises :class:`~core_harness.errors.BusyError` where another process writes it, with its number and host.
    """
    path = folder / LOCK
    lock: int | None
    try:
        lock = _locked(path)
    except BlockingIOError:
        raise BusyError(
            f"{folder.name} is being written by {_writer(path)}; wait until it ends, or end it"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise RunError(f"cannot write {folder}: {error.strerror or error}") from None
        lock = None
    try:
        yield
    finally:
        # before it is released: a process that opened the file meanwhile sees that it is another one
        with suppress(OSError):
            path.unlink(missing_ok=True)
        if lock is not None:
            os.close(lock)


def _locked(path: Path) -> int:
    """Return the descriptor of a file that we hold alone, with our number and host in it."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(lock, path):
                os.ftruncate(lock, 0)
                os.write(lock, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
                return lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _is_at(lock: int, path: Path) -> bool:
    """Return whether a file is still where it was opened: its last holder removes it."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


def _writer(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8").strip()[:200] or "another process"
    return "another process"
