"""The method that the readme writes out runs from its one file."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from core_harness import evaluate

PAGE = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_method_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = re.findall(r"```python\n# mine\.py\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "mine", ModuleType("mine"))  # so that it is gone at the end
    del sys.modules["mine"]
    mine = importlib.import_module("mine").Mine
    world = {"perturbations": 60, "genes": 20, "modules": 4}
    one, other = (
        evaluate(
            "simulated",
            "voting",
            aggregator=mine(prior=prior),
            parameters={"dataset": world},
        )[0].predictions["score"]
        for prior in (0.5, 50.0)
    )
    assert one.is_between(0, 1, closed="none").all()
    assert ((one - 0.5).abs() >= (other - 0.5).abs()).all()
    assert one.n_unique() > 10
