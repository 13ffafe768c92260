"""The code of a component as files: what a cache must know beside a name and a version."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

_BEGUN = time.time()
"""When this process had imported no component yet."""


def code_sha256(cls: type, *packages: str) -> str | None:
    """Return the digest of the files of a class: its package, the modules of its bases, further packages.

    A class of a module that is no package has that file. None where a class was typed into a notebook or a
    shell, or where a file has changed since this process began: what is in memory is then not in a file.
    """
    modules = [base.__module__ for base in cls.__mro__]
    ours = [name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names - {"__main__"}]
    return _digest((cls.__module__.partition(".")[0], *packages), tuple(ours))


@cache
def _digest(packages: tuple[str, ...], modules: tuple[str, ...]) -> str | None:
    content = hashlib.sha256()
    try:
        files = sorted(
            {path for name in {*packages, *modules} for path in _files(sys.modules[name], packages)}
        )
        for path in files:
            if path.stat().st_mtime > _BEGUN:
                return None
            content.update(f"{path.name}\n".encode() + path.read_bytes())
    except (KeyError, OSError):
        return None
    return content.hexdigest()


def _files(module: ModuleType, packages: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files of a package, or the only one of a module. Raises OSError where there is none."""
    folders = getattr(module, "__path__", ()) if module.__name__ in packages else ()
    for folder in folders:
        yield from Path(folder).rglob("*.py")
    if not folders:
        if (file := getattr(module, "__file__", None)) is None:
            raise FileNotFoundError(module.__name__)
        yield Path(file)
