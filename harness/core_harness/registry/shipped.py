"""The shipped ``registry.toml`` as it is written: for listings and completion, which check nothing."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from core_harness.errors import RegistryError


def registry_path() -> Path:
    """Return the file: inside the installed package, or at the root of a checkout it runs from."""
    packaged = Path(str(resources.files("core_harness"))) / "registry.toml"
    checkout = packaged.parents[2] / "registry.toml"
    for path in (packaged, checkout):
        if path.is_file():
            return path
    raise RegistryError(
        f"no registry.toml in {packaged.parent} or {checkout.parent}; install core-harness again"
    )


@cache
def shipped_tables() -> dict[str, Any]:
    """Return the tables of the file. The models that check it take a fifth of a second to import."""
    return tomllib.loads(registry_path().read_text(encoding="utf-8"))
