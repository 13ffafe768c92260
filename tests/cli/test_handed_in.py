"""Results that were handed in are listed, shown, audited and ranked as runs are."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest
from program import run_here
from small_runs import change, rewrite
from worlds import world

from core_harness.runs.folder import open_run

REGISTRY = """
schema_version = 1

[datasets.screen]
summary = "a screen"
component = "table"
parameters = { path = "secret folder/screen.csv" }

[suites.mine]
summary = "what works on our screen?"
datasets = ["screen"]
task = "de"
strategies = ["gene-frequency", "mean-label"]
coverage = 0.9
reference = "gene-frequency"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a registry, its screen, and a result that was handed in."""
    (tmp_path / "secret folder").mkdir()
    world().write_csv(tmp_path / "secret folder" / "screen.csv")
    strategies = REGISTRY.replace(', "mean-label"', "")
    (tmp_path / "our registry.toml").write_text(strategies)
    done = run_here("eval", "--suite", "mine", "--registry", "our registry.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "runs").iterdir()
    words = ["leaderboard", "submit", run.name, "--suite", "mine", "--registry", "our registry.toml"]
    done = run_here(*words, "--out", "results", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def result(home: Path) -> Path:
    (found,) = (home / "results" / "mine").iterdir()
    return found


def test_the_hint_of_what_is_next_can_be_typed(home: Path) -> None:
    done = run_here("eval", "--suite", "mine", "--registry", "our registry.toml", cwd=home)
    (hint,) = (line for line in done.stdout.splitlines() if line.startswith("next: core-harness "))
    again = run_here(*shlex.split(hint)[2:], cwd=home)
    assert again.returncode == 0, again.stderr
    assert (home / "site" / "index.html").is_file()


def test_nothing_of_the_machine_is_handed_in(home: Path) -> None:
    for path in result(home).iterdir():
        assert b"secret" not in path.read_bytes()
        assert os.fsencode(home) not in path.read_bytes()
    record = json.loads((result(home) / "run.json").read_text())
    assert record["dataset"]["parameters"]["path"] == "screen.csv"


def test_a_folder_of_results_is_listed(home: Path) -> None:
    for form in ("table", "md", "csv", "json"):
        done = run_here("runs", "list", "--in", "results/mine", "--format", form, cwd=home)
        assert done.returncode == 0, done.stderr
        assert result(home).name in done.stdout
        assert "1 without figures on file" in done.stderr


def test_a_result_is_shown_and_audited_with_the_registry(home: Path) -> None:
    registry = ["--registry", "our registry.toml"]
    (run,) = (home / "runs").iterdir()
    ours = json.loads(run_here("runs", "show", run.name, "--json", cwd=home).stdout)["report"]["metrics"]
    arguments = ["runs", "show", str(result(home)), *registry]
    theirs = json.loads(run_here(*arguments, "--json", cwd=home).stdout)["report"]["metrics"]
    assert theirs == ours
    for command in (arguments, ["audit", str(result(home)), *registry]):
        done = run_here(*command, cwd=home)
        assert done.returncode == 0, done.stderr
    without = run_here("runs", "show", str(result(home)), cwd=home)
    assert without.returncode == 3
    assert without.stderr.count("\n") == 1


def test_records_that_later_commands_refuse_are_not_listed(home: Path) -> None:
    (run,) = (home / "runs").iterdir()
    for changes, message in (({"task": {"seed": -5}}, "seed is -5"), ({"control": "nope"}, "key control")):
        kept = (run / "run.json").read_text()
        change(open_run(run), **changes)
        done = run_here("runs", "list", cwd=home)
        assert done.returncode == 0
        assert run.name not in done.stdout
        assert message in done.stderr
        (run / "run.json").write_text(kept)
    (run / "report.json").write_text('{"metrics": {"macro_gene_auroc": {"value": "\\u001b[31m1.000"}}}')
    done = run_here("runs", "list", cwd=home)
    assert done.returncode == 0
    assert "left out: " in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_record_that_names_a_pipe_as_its_table_does_not_wait(home: Path) -> None:
    os.mkfifo(home / "pipe")
    (run,) = (home / "runs").iterdir()
    rewrite(open_run(run), dataset={"parameters": {"path": str(home / "pipe")}})
    done = run_here("audit", run.name, cwd=home)
    assert done.returncode == 5
    assert "which is no regular file" in done.stderr
    assert done.stderr.count("\n") == 1
