"""Fail where pyproject.toml claims another Python than the one that runs this, and so the tests."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
prefix = "Programming Language :: Python :: "
claimed = [line.removeprefix(prefix) for line in project["classifiers"] if line.startswith(prefix)]
running = f"{sys.version_info.major}.{sys.version_info.minor}"
if claimed != [running]:
    sys.exit(f"pyproject.toml claims Python {', '.join(claimed)}, and {running} runs: claim what is tested")
