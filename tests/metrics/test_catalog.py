"""Each metric has a name, and a place in a group, where a person reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core_harness import evaluate
from core_harness.cli.output.tables import print_run
from core_harness.metrics.catalog import GROUPS, LABELS
from core_harness.runs.folder import open_run


def test_names_are_those_of_the_report_in_its_order() -> None:
    (result,) = evaluate("simulated", "constant")
    assert list(LABELS) == list(result.report.metrics)
    assert len(set(LABELS.values())) == len(LABELS)


def test_a_run_is_shown_group_by_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (result,) = evaluate("simulated", "gene-frequency", out=tmp_path)
    assert result.run is not None
    print_run(open_run(result.run))
    lines = capsys.readouterr().out.splitlines()
    places = [lines.index(line) for group in GROUPS for line in lines if line.strip() == group]
    assert len(places) == len(GROUPS)
    assert places == sorted(places)
    for name in LABELS.values():
        assert sum(line.startswith(f"  {name}  ") for line in lines) == 1
    (head,) = (at for at, line in enumerate(lines) if line.split()[:2] == ["mean", "score"])
    assert len(lines[head + 1 :]) == len(result.report.reliability)
