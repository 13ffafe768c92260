"""A plugin that is one file: its hooks, and its classes by their names."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

from core_harness.errors import PluginError, UsageError
from core_harness.plugins.component import Component, Stage, stages_of
from core_harness.text import one_line, plain

DIGEST = "sha256:"
"""What the version of a file begins with; the digest follows."""

_FILE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\.py")
_loaded: dict[str, ModuleType] = {}
"""Modules of files that were loaded in this process: these may be replaced."""


def load_files(paths: Iterable[Path]) -> Iterator[tuple[Path, ModuleType, str]]:
    """Yield each file with what :func:`load_file` returns. Raises UsageError for two of one name."""
    seen: dict[str, Path] = {}
    for path in paths:
        if (other := seen.setdefault(path.stem, path)) is not path:
            raise UsageError(f"plugins {other} and {path} have one name; rename one of them")
        yield path, *load_file(path)


def load_file(path: Path) -> tuple[ModuleType, str]:
    """Return a file as a module of its name, and its version: its digest.

    Raises
    ------
    UsageError
        The file cannot be read, or its name is no name of a module, or that of another one.
    PluginError
        It cannot be imported; one line says why.
    """
    path = path.resolve()
    if not _FILE.fullmatch(path.name):
        raise UsageError(f"plugin {plain(str(path))!r}: the name of a plugin's file is like mine.py")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"plugin {plain(str(path))!r} cannot be read: {error.strerror}") from None
    _check_free(path)
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[path.stem] = _loaded[path.stem] = module
    try:
        with redirect_stdout(sys.stderr):
            # the bytes that were digested, not what an older compilation of the file left behind
            exec(compile(content, str(path), "exec"), module.__dict__)  # noqa: S102
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        del sys.modules[path.stem]
        said = one_line(error)
        raise PluginError(f"plugin {path} cannot be loaded: {type(error).__name__}: {said}") from error
    return module, DIGEST + hashlib.sha256(content).hexdigest()


def classes_of(module: ModuleType) -> Iterator[tuple[Stage, Component]]:
    """Yield the classes that a file defines and that look like components, each by its own name."""
    for name, value in vars(module).items():
        if not isinstance(value, type) or value.__module__ != module.__name__ or name.startswith("_"):
            continue
        summary = (value.__doc__ or "").strip().partition("\n")[0]
        for stage in stages_of(value):
            yield stage, Component(name, f"{module.__name__}:{name}", summary)


def _check_free(path: Path) -> None:
    """Raise UsageError where another module has the name that the file would have."""
    loaded = sys.modules.get(path.stem)
    if loaded is not None and loaded is _loaded.get(path.stem):
        return
    if loaded is None:
        spec = importlib.util.find_spec(path.stem)
        other = None if spec is None else spec.origin or "a package"
    else:
        other = getattr(loaded, "__file__", None) or "a module of Python"
    if other is not None and Path(other).resolve() != path:
        raise UsageError(f"plugin {path}: there is a module {path.stem!r} already ({other}); rename the file")
