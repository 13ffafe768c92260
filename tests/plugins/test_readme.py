"""The method that the readme writes out runs, as a package of its own."""

from __future__ import annotations

import re
from pathlib import Path

from small_packages import installed_package

from core_harness import evaluate

PAGE = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_method_of_the_readme_runs(tmp_path: Path) -> None:
    files = dict(re.findall(r"```python\n# my_package/(\w+\.py)\n(.*?)```", PAGE, re.DOTALL))
    assert set(files) == {"mine.py", "hooks.py"}
    world = {"perturbations": 60, "genes": 20, "modules": 4}
    with installed_package(tmp_path, "my_package", files):
        one, other = (
            evaluate(
                "simulated",
                "voting",
                aggregator="mine",
                parameters={"dataset": world, "aggregator": {"prior": prior}},
            )[0].predictions["score"]
            for prior in (0.5, 50.0)
        )
    assert one.is_between(0, 1, closed="none").all()
    assert ((one - 0.5).abs() >= (other - 0.5).abs()).all()
    assert one.n_unique() > 10
