"""Packages of other authors, as pip would have left them on ``sys.path``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from core_harness.plugins import discovery


@contextmanager
def installed_package(folder: Path, name: str, files: Mapping[str, str]) -> Iterator[Path]:
    """Install a package of these files, whose ``hooks`` are an entry point, and yield its folder."""
    home = folder / name
    for path, text in {"__init__.py": "", **files}.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text, encoding="utf-8")
    metadata = folder / f"{name}-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (metadata / "entry_points.txt").write_text(f"[core_harness]\n{name} = {name}.hooks\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        forget(name)
        try:
            yield home
        finally:
            forget(name)


def forget(name: str) -> None:
    """Forget what was found and imported, as a new process would."""
    discovery._installed.cache_clear()
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]
