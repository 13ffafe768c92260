"""What a board made once: text below a folder, by the digest of all that it depends on."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import core_harness


def cache_path(cache_dir: Path, *digests: str) -> Path:
    """Return the file of something that depends on these digests and on the code of this program."""
    return cache_dir / _code_digest() / f"{hashlib.sha256(' '.join(digests).encode()).hexdigest()}.json"


def write_cache(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


@cache
def _code_digest() -> str:
    """Return the digest of the code that figures are made by: this program's, and the numerical packages'."""
    code = Path(str(core_harness.__path__[0]))
    content = hashlib.sha256()
    for path in sorted(code.rglob("*.py")):
        content.update(path.read_bytes())
    content.update("".join(version(name) for name in ("numpy", "polars", "scipy")).encode())
    return content.hexdigest()[:16]
