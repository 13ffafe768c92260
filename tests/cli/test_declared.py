"""What a method uses beyond contrast stands with its name wherever its figures are."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from core_harness.cli import cli

SMALL = ["-p", "dataset.perturbations=60", "-p", "dataset.genes=20", "-p", "dataset.modules=4"]


def ran(*arguments: str) -> str:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_tables_show_what_a_method_declares(tmp_path: Path) -> None:
    runs = str(tmp_path)
    shown = ran("eval", "--strategy", "gene-frequency,potency", *SMALL, "--out", runs)
    lines = [line for line in shown.splitlines() if "(uses potency)" in line]
    assert [line.split()[0] for line in lines] == ["potency"]
    (name,) = (path.name for path in tmp_path.iterdir() if "potency" in path.name)
    assert json.loads((tmp_path / name / "run.json").read_text())["method"]["beyond_contrast"] == ["potency"]
    assert ran("runs", "list", "--in", runs).count("(uses potency)") == 1
    assert "potency (uses potency)" in ran("runs", "show", name, "--in", runs)
    assert "potency (uses potency) on" in ran("runs", "show", name, "--in", runs, "--format", "md")
    assert ",potency," in ran("runs", "show", name, "--in", runs, "--format", "csv")
