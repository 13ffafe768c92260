"""A folder that is written again and again: only what was written there before is replaced or deleted.

A list in the folder says which files were written, with their digests. Whatever else is there (a ``.git``, a
``CNAME``, a file that was edited since) is left alone, or is a reason to write nothing.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from core_harness.errors import RunError

LIST = ".core-harness-site.json"
"""The list of the files that were written."""

_NONE: frozenset[str] = frozenset()

_Digests = Mapping[str, frozenset[str]]
"""By path below the folder: of what was written there, or was about to be when writing was cut off."""


def publish(out: Path, write: Callable[[Path], None]) -> None:
    """Have ``write`` write files into an empty folder, then move them into ``out``.

    Files of an earlier call that are not written again are deleted. Where ``write`` fails, nothing changes.

    Raises :class:`~core_harness.errors.RunError` where ``out`` holds something else, or cannot be written.
    """
    try:
        before = _written(out)
        made = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
        try:
            with tempfile.TemporaryDirectory(dir=out, prefix=".core-harness-") as scratch:
                write(Path(scratch))
                _move(Path(scratch), out, before)
        finally:
            if made:
                with suppress(OSError):
                    out.rmdir()  # where nothing was written
    except OSError as error:
        raise RunError(f"cannot write to {out}: {error}") from None


def _written(out: Path) -> _Digests:
    """Return what was written into a folder before. Raises RunError where it holds something else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return {}
    try:
        listed = json.loads((out / LIST).read_text(encoding="utf-8"))["files"].items()
        return {_inside(name): frozenset(map(str, digests)) for name, digests in listed}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise RunError(
            f"{out} exists and holds no site of core-harness; name an empty or a new folder with --out"
        ) from None


def _inside(name: str) -> str:
    """Return a path of the list. Raises ValueError for one that leads out of the folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(name)
    return name


def _move(new: Path, out: Path, before: _Digests) -> None:
    after = {
        path.relative_to(new).as_posix(): frozenset({_digest(path)})
        for path in sorted(new.rglob("*"))
        if path.is_file()
    }
    for name in after:
        _refuse_foreign(out, name, before)
    either = {*after, *before}  # what this list has may be replaced, wherever the moving is cut off
    _write_list(out, {name: after.get(name, _NONE) | before.get(name, _NONE) for name in either})
    for name in after:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).replace(out / name)
    for name in before.keys() - after.keys():
        if _is_ours(out / name, before[name]) and not _linked(out, name):
            (out / name).unlink()
    _write_list(out, after)
    _remove_empty(out, before)


def _refuse_foreign(out: Path, name: str, before: _Digests) -> None:
    """Raise RunError where a file is in the way that was not written here, or that was changed since."""
    path = out / name
    there = path.is_symlink() or path.exists()
    if _linked(out, name) or (there and not _is_ours(path, before.get(name, _NONE))):
        raise RunError(
            f"{path} was not written by core-harness, or was changed since; move it away, or name another "
            "folder with --out"
        )


def _linked(out: Path, name: str) -> bool:
    """Return whether a folder on the way is a link, or no folder."""
    parents = [out / parent for parent in PurePosixPath(name).parents if parent.parts]
    return any(parent.is_symlink() or (parent.exists() and not parent.is_dir()) for parent in parents)


def _is_ours(path: Path, digests: frozenset[str]) -> bool:
    return path.is_file() and not path.is_symlink() and _digest(path) in digests


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_list(out: Path, files: _Digests) -> None:
    content = {"schema_version": 1, "files": {name: sorted(files[name]) for name in sorted(files)}}
    temporary = out / f"{LIST}.tmp"
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(out / LIST)


def _remove_empty(out: Path, names: Iterable[str]) -> None:
    """Remove the folders of files that are gone, where nothing else is in them."""
    folders = {parent for name in names for parent in PurePosixPath(name).parents if parent.parts}
    for folder in sorted(folders, key=lambda one: len(one.parts), reverse=True):
        with suppress(OSError):
            (out / folder).rmdir()
