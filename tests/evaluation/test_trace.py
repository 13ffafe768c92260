"""Stages are printed on request, on stderr, and change nothing."""

from __future__ import annotations

import json
from pathlib import Path

from program import run_here

STAGES = ("load", "divide", "relate", "organize", "parse", "weigh", "predict", "score")


def test_each_stage_is_a_line_on_stderr(tmp_path: Path) -> None:
    arguments = ("eval", "-s", "gene-frequency,voting", "--json")
    plain = run_here(*arguments, cwd=tmp_path)
    assert "trace:" not in plain.stderr
    assert "trace:" not in run_here(*arguments, cwd=tmp_path, CORE_HARNESS_TRACE="0").stderr
    traced = run_here(*arguments, cwd=tmp_path, CORE_HARNESS_TRACE="1")
    lines = [line for line in traced.stderr.splitlines() if line.startswith("trace: ")]
    named = [line.split()[1] for line in lines]
    assert set(named) >= set(STAGES)
    assert named.index("load") < named.index("divide") < named.index("relate") < named.index("score")
    one, other = (json.loads(done.stdout)["results"] for done in (plain, traced))
    assert [result["metrics"] for result in one] == [result["metrics"] for result in other]
    (divided,) = (line for line in lines if " divide " in line)
    pairs = one[0]["coverage"]["pairs"]
    assert f"queries {pairs:,} x 4, truth {pairs:,} x 2" in divided
