"""Print the project's dependencies at their lower bounds, as constraints for pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
for requirement in project["dependencies"]:
    if bound := re.match(r"([A-Za-z0-9_.-]+)>=([0-9.]+)", requirement):
        print(f"{bound[1]}~={bound[2]}.0" if bound[2].count(".") < 2 else f"{bound[1]}=={bound[2]}")
