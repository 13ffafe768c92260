"""Fail where a tag is not ``v`` and the version of pyproject.toml, or CHANGELOG.md does not name it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main(tag: str) -> str | None:
    """Return what is wrong with a release of this tag."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if tag != f"v{version}":
        return f"the tag is {tag}, and pyproject.toml has {version}: tag v{version}, or change the version"
    if f"\n## {version}" not in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"):
        return f"CHANGELOG.md has no section {version}: rename 'Unreleased'"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
