"""The command line: what it prints, and how it refuses what cannot be done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from program import ENVIRONMENT, run_apart, run_here
from worlds import world


@pytest.mark.slow
def test_the_first_command_prints_a_table_and_a_verdict(tmp_path: Path) -> None:
    done = run_apart("eval", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "SIMULATED" in done.stdout
    assert "per gene 0.500) looks good over all pairs" in done.stdout
    assert "tells perturbations of the same gene apart" in done.stdout
    assert "\x1b" not in done.stdout
    assert len(list((tmp_path / "runs").iterdir())) == 2


def test_json_has_one_entry_a_method(tmp_path: Path) -> None:
    done = run_here("eval", "--json", "--seed", "7", cwd=tmp_path)
    content = json.loads(done.stdout)
    assert content["schema_version"] == 1
    assert [r["strategy"] for r in content["results"]] == ["gene-frequency", "voting"]
    for result in content["results"]:
        assert {"dataset", "task", "strategy", "model", "regime", "simulated", "seed", "metrics"} <= set(
            result
        )
        assert result["dataset"] == "simulated"
        assert result["task"] == "de"
        assert result["model"] is None
        assert result["regime"] == "unseen-perturbation"
        assert result["simulated"] is True
        assert result["seed"] == 7
        wanted = {
            "macro_gene_auroc",
            "macro_perturbation_auroc",
            "pooled_auroc",
            "pooled_auprc",
            "brier",
            "ece",
        }
        assert wanted <= set(result["metrics"])
        for metric in result["metrics"].values():
            assert {"value", "low", "high", "genes", "pairs"} <= set(metric)


def test_runs_are_listed_and_shown(tmp_path: Path) -> None:
    assert "No runs" in run_here("runs", "list", cwd=tmp_path).stderr
    made = json.loads(
        run_here("eval", "-s", "voting", "-p", "aggregator.power=1", "--json", cwd=tmp_path).stdout
    )
    name = Path(made["results"][0]["run"]).name
    assert name in run_here("runs", "list", cwd=tmp_path).stdout
    shown = run_here("runs", "show", name, cwd=tmp_path).stdout
    assert "power=1.0" in shown
    assert "macro-per-gene AUROC" in shown
    as_json = json.loads(run_here("runs", "show", name, "--json", cwd=tmp_path).stdout)
    assert as_json["run"]["method"]["components"]["aggregator"]["parameters"] == {
        "power": 1.0,
        "shrinkage": 0.01,
        "unlisted_weight": 0.0,
    }
    assert as_json["report"]["metrics"] == made["results"][0]["metrics"]
    listed = json.loads(run_here("runs", "list", "--json", cwd=tmp_path).stdout)
    assert listed["runs"][0]["name"] == name
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "run.json").write_text("{")
    for command in (["runs", "list"], ["audit", name]):
        beside = run_here(*command, cwd=tmp_path)
        assert "left out: runs/broken/run.json cannot be read" in beside.stderr
        assert beside.returncode == 0
    broken = run_here("runs", "show", "broken", cwd=tmp_path)
    assert (broken.returncode, broken.stdout) == (5, "")
    assert "runs/broken/run.json cannot be read" in broken.stderr


def test_plugins_are_listed(tmp_path: Path) -> None:
    assert "CORE-Voting" in run_here("plugins", cwd=tmp_path).stdout
    content = json.loads(run_here("plugins", "--json", cwd=tmp_path).stdout)
    assert {"strategy", "dataset", "retriever", "organizer", "aggregator"} <= {
        c["kind"] for c in content["components"]
    }
    assert content["broken"] == []


@pytest.mark.slow
def test_a_broken_plugin_is_a_line_and_the_rest_works(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "odd-1.0.dist-info").mkdir(parents=True)
    (site / "odd-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (site / "odd-1.0.dist-info" / "entry_points.txt").write_text("[core_harness]\nodd = odd_plugin\n")
    (site / "odd_plugin.py").write_text("import no_such_module_anywhere\n")
    listed = run_apart("plugins", cwd=tmp_path, PYTHONPATH=str(site))
    assert listed.returncode == 0
    assert "broken: plugin 'odd' of odd: ModuleNotFoundError" in listed.stderr
    assert run_apart("eval", "-s", "constant", cwd=tmp_path, PYTHONPATH=str(site)).returncode == 0


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return f"table:{path.name}"


HEAD = "pert,gene,label,split\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-s", "votign"], 2, "unknown strategy 'votign'; did you mean 'voting'"),
        (["-d", "perturbqa/k526"], 2, "unknown dataset 'perturbqa/k526'"),
        (["-d", "perturbqa/k562"], 3, "`core-harness data pull perturbqa` gets it"),
        (["-d", "table:absent.csv"], 3, "absent.csv"),
        (["-p", "aggregator.shrinkag=2"], 2, "did you mean 'shrinkage'?"),
        (["-p", "nonsense"], 2, "is not STAGE.NAME=VALUE"),
        (["-s", "voting", "--organizer", "none"], 2, "needs evidence, which organizer 'none'"),
        (["--retriever", "kgg"], 2, "unknown retriever 'kgg'"),
        (
            ["--regime", "none"],
            2,
            "'none' is not one of 'unseen-perturbation', 'cross-context'",
        ),
        (["--control", "none"], 2, "'none' is not one of 'shuffled-labels', 'shuffled-listing'"),
        (["--model", "qwen"], 2, "model 'qwen' needs TOGETHERAI_API_KEY or DEEPINFRA_API_KEY"),
        (["--only", "all"], 2, "'all' is not 'evaluable'"),
        (["--seed", "-1"], 2, "'--seed': -1 is not in the range x>=0"),
        (["--sed", "1"], 2, "(see core-harness eval --help)"),
        (["voting"], 2, "unexpected extra argument (voting)"),
        (["--limit", "0"], 2, "limit is 0"),
        (["--out", "file"], 5, "cannot write a run below file"),
        (["-d", "table:column.csv"], 3, "no column 'label'"),
        (["-d", "table:label.csv"], 3, "row 3"),
        (["-d", "table:shared.csv"], 3, "keep a perturbation in one split"),
        (["-d", "table:empty.csv"], 3, "the test split is empty"),
        (["-d", "table:twice.csv"], 3, "have label 1, but 0 in row 2"),
        (["-d", "table:good.csv", "-s", "voting"], 3, "`core-harness data pull kg` gets"),
    ],
)
def test_bad_input_is_one_line_an_exit_code_and_no_run(
    arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    write(tmp_path / "column.csv", "pert,gene,split\nA,G,train\nB,G,test\n")
    write(tmp_path / "label.csv", HEAD + "A,G,1,train\nB,G,maybe,test\n")
    write(tmp_path / "shared.csv", HEAD + "A,G,1,train\nA,H,1,test\n")
    write(tmp_path / "empty.csv", HEAD + "A,G,1,train\n")
    write(tmp_path / "twice.csv", HEAD + "A,G,0,train\nA,G,1,train\nB,G,1,test\n")
    world().write_csv(tmp_path / "good.csv")
    done = run_here("eval", *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    assert not (tmp_path / "runs").exists()


def completed(line: str, *, cwd: Path) -> list[str]:
    """Return what bash offers after ``core-harness`` and a line."""
    words = {
        "_CORE_HARNESS_COMPLETE": "bash_complete",
        "COMP_WORDS": f"core-harness {line}",
        "COMP_CWORD": str(line.count(" ") + 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from core_harness.cli import main; main()"],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**ENVIRONMENT, **words},
    )
    return [offer.partition(",")[2] for offer in done.stdout.splitlines()]


@pytest.mark.slow
def test_completion_knows_names_of_the_registry(tmp_path: Path) -> None:
    assert completed("eval --strategy constant,pot", cwd=tmp_path) == ["constant,potency"]


@pytest.mark.slow
def test_completion_knows_fixed_values_and_open_names(tmp_path: Path) -> None:
    assert completed("eval --control ran", cwd=tmp_path) == ["random-neighbours"]
    assert completed("eval --regime ", cwd=tmp_path) == [
        "unseen-perturbation",
        "cross-context",
        "unseen-context",
        "unseen-both",
        "unseen-gene",
    ]
    assert "unseen-gene" not in completed("score --regime ", cwd=tmp_path)
    assert completed("eval --only ", cwd=tmp_path) == ["evaluable"]
    assert completed("testserver --model fol", cwd=tmp_path) == ["follows-evidence"]
    assert completed("testserver --fault 50", cwd=tmp_path) == ["500=", "502-html="]
    assert completed("compare --metric macro_p", cwd=tmp_path) == ["macro_perturbation_auroc"]
    assert completed("kg export --layer go-", cwd=tmp_path)
