"""Extras of distributions: what a component needs that was not installed with it. Nothing is imported."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+).*;.*\bextra\s*==\s*[\"'](?P<extra>[\w.-]+)[\"']")


def missing_extra(distribution: str, extra: str | None) -> str | None:
    """Return ``distribution[extra]`` where a package of the extra is not installed, else None."""
    if extra is None or all(map(_is_installed, _packages(distribution).get(extra, ()))):
        return None
    return f"{distribution}[{extra}]"


@cache
def _packages(distribution: str) -> dict[str, list[str]]:
    """Return the packages that each extra of a distribution asks for."""
    try:
        required = requires(distribution) or ()
    except PackageNotFoundError:
        return {}  # a plugin that is one file
    packages: dict[str, list[str]] = {}
    for found in map(_REQUIREMENT.match, required):
        if found is not None:
            packages.setdefault(found["extra"], []).append(found["name"])
    return packages


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False
