"""The code of a component as files: what a cache must know beside a name and a version."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType

_BEGUN = time.time_ns()
"""When this process had imported no component yet."""


def code_sha256(cls: type, *packages: str) -> str | None:
    """Return the digest of the files of a class: its package, the packages of its bases, further packages.

    What a package imports from elsewhere is not looked at. None where a class is of no package, for a single
    file may import any other; and where a file has changed since this process began, for what is in memory
    is then in no file.
    """
    modules = {base.__module__.partition(".")[0] for base in cls.__mro__} - sys.stdlib_module_names
    try:
        files = sorted({path for name in {*modules, *packages} for path in _files(sys.modules[name])})
        found = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files)
        if any(changed > _BEGUN for _, changed, _ in found):
            return None
        return _digest(found)
    except (KeyError, OSError):
        return None


@lru_cache(maxsize=16)
def _digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    content = hashlib.sha256()
    for path, *_ in files:
        content.update(f"{path.name}\n".encode() + path.read_bytes())
    return content.hexdigest()


def _files(package: ModuleType) -> Iterator[Path]:
    """Yield the files of a package, data among them. Raises OSError for a module that is none."""
    folders = getattr(package, "__path__", None)
    if not folders:
        raise FileNotFoundError(package.__name__)
    for folder in folders:
        yield from (
            path for path in Path(folder).rglob("*") if path.is_file() and path.parent.name != "__pycache__"
        )
