"""``core-harness tune`` on the command line; tests/analysis/test_tuning.py tests what it chooses."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from program import run_here

from core_harness import open_registry

SMALL = [
    f"-pdataset.{name}={value}"
    for name, value in {"perturbations": 60, "genes": 15, "modules": 6, "sparsity": 0.2}.items()
]
POWERS = ["--try", "aggregator.power=1,2", "--folds", "3", *SMALL]
ROOT = Path(__file__).parents[2]


def test_a_table_says_what_was_tried_on_what_and_what_is_chosen(tmp_path: Path) -> None:
    done = run_here(
        "tune", "voting", *POWERS, "--control", "shuffled-labels", "--control-seeds", "2", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for said in (
        "voting on the support of simulated, unseen-perturbation regime, seed 0  (SIMULATED)",
        "aggregator.power",
        "macro-per-gene AUROC [95 %]",
        "present, chosen",
        "p (Holm)",
        "3 folds by perturbation",
        "no test row was read",
        "chosen, shuffled-labels: macro-per-gene AUROC 0.",
        "mean of 2 seeds (chance: 0.5)",
    ):
        assert said in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_json_has_every_setting(tmp_path: Path) -> None:
    content = json.loads(run_here("tune", "voting", *POWERS, "--json", cwd=tmp_path).stdout)
    assert content["schema_version"] == 1
    assert content["simulated"] is True
    assert content["written"] is None
    assert {one["tried"]["aggregator"]["power"] for one in content["settings"]} == {1.0, 2.0}
    assert [one["chosen"] for one in content["settings"]].count(True) == 1
    (dataset,) = content["datasets"]
    assert re.fullmatch("[0-9a-f]{64}", dataset["sha256"])
    assert dataset["perturbations"] == 48


def test_what_is_written_can_be_run_and_is_listed(tmp_path: Path) -> None:
    target = ["-o", "mine.toml", "--name", "voting-mine"]
    done = run_here("tune", "voting", *POWERS, "--choose", "best", *target, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    command = done.stdout.splitlines()[-1].removeprefix("next: core-harness ")
    assert command == "eval --registry mine.toml --strategy voting-mine --dataset simulated"
    ran = json.loads(run_here(*shlex.split(command), *SMALL, "--json", cwd=tmp_path).stdout)
    assert [result["strategy"] for result in ran["results"]] == ["voting-mine"]
    listed = run_here("plugins", "--registry", "mine.toml", "--json", cwd=tmp_path).stdout
    tuned = json.loads(listed)["tuned"]["voting-mine"]
    assert (tuned["strategy"], tuned["folds"], tuned["tried"]) == ("voting", 3, 2)
    table = run_here("plugins", "--registry", "mine.toml", cwd=tmp_path).stdout
    assert "voting with parameters chosen on the support of simulated: macro-per-gene AUROC 0." in table
    again = run_here("tune", "voting", *POWERS, *target, cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr == (
        "Error: mine.toml has a strategy 'voting-mine'; add --replace, or choose another name\n"
    )
    assert run_here("tune", "voting", *POWERS, *target, "--replace", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["voting"], 2, "nothing to try; name values with --try"),
        (["voting", "--try", "aggregator.powr=1"], 2, "did you mean 'power'"),
        (["reasoning", "--try", "organizer.rows=1,2"], 2, "reasoning asks a model"),
        (["voting", *POWERS, "-o", "mine.toml"], 2, "-o FILE and --name NAME go together"),
        (["voting", *POWERS, "-o", "no/mine.toml", "--name", "x"], 6, "there is no folder no"),
        (["voting", *POWERS, "--criterion", "nonsense"], 2, "unknown metric 'nonsense'"),
        (["voting", *POWERS, "--control", "shuffled"], 2, "did you mean 'shuffled-labels'"),
    ],
)
def test_what_cannot_be_tuned_is_one_line(
    arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    done = run_here("tune", *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def block_of(language: str) -> str:
    """Return the first block of the page in a language."""
    page = (ROOT / "docs" / "tune.md").read_text(encoding="utf-8")
    found = re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.slow
def test_the_commands_of_the_docs_run(tmp_path: Path) -> None:
    lines = block_of("bash").replace("\\\n", " ").splitlines()
    assert [line.split()[1] for line in lines] == ["tune", "eval"]
    for line in lines:
        done = run_here(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "(SIMULATED)" in done.stdout


@pytest.mark.slow
def test_the_program_of_the_docs_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block_of("python"), "docs/tune.md", "exec"), {})
    assert "Difference(value=0." in capsys.readouterr().out


def test_the_registry_of_the_docs_is_one(tmp_path: Path) -> None:
    path = tmp_path / "tuned.toml"
    path.write_text(f"schema_version = 1\n{block_of('toml')}")
    tuned = open_registry(path).strategies["voting-tuned"].tuned
    assert tuned is not None
    assert tuned.strategy == "voting"
