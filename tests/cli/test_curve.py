"""``core-harness curve`` and ``eval --support`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import run_here

SMALL = [
    f"-pdataset.{name}={value}"
    for name, value in {"perturbations": 60, "genes": 15, "modules": 6, "sparsity": 0.2}.items()
]


def test_a_curve_is_a_table_json_and_a_picture(tmp_path: Path) -> None:
    asked = ["curve", "--budget", "10,20", "--draws", "2", *SMALL]
    done = run_here(*asked, "--plot", "curve.svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for said in (
        "macro-per-gene AUROC by number of measured perturbations",
        "SIMULATED",
        "voting",
        "2 draws",
    ):
        assert said in done.stdout
    assert "by number of measured perturbations" in (tmp_path / "curve.svg").read_text()
    found = json.loads(run_here(*asked, "--json", cwd=tmp_path).stdout)
    assert [point["budget"] for point in found["methods"]["voting"]] == [10, 20]


def test_a_budget_is_part_of_a_runs_record_and_made_again(tmp_path: Path) -> None:
    asked = ["eval", "-s", "voting", "--support", "10,8", *SMALL]
    done = run_here(*asked, "--json", cwd=tmp_path)
    (result,) = json.loads(done.stdout)["results"]
    assert result["part"] == {"limit": None, "only": None, "support": [10, 8]}
    record = json.loads((tmp_path / result["run"] / "run.json").read_text())
    assert record["part"]["support"] == [10, 8]
    again = run_here("runs", "reproduce", Path(result["run"]).name, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    plain = run_here(*asked, cwd=tmp_path)
    assert "support of 10 perturbations, 8 genes of each" in plain.stdout


def test_the_perturbations_of_a_table_are_drugs_where_that_is_said(tmp_path: Path) -> None:
    rows = "pert,gene,label,split\nimatinib,G,1,train\naspirin,G,0,train\nx,G,1,test\ny,G,0,test\n"
    (tmp_path / "screen.csv").write_text(rows)
    asked = ["eval", "-d", "table:screen.csv", "-s", "gene-frequency", "--agent", "drug", "--json"]
    (result,) = json.loads(run_here(*asked, cwd=tmp_path).stdout)["results"]
    record = json.loads((tmp_path / result["run"] / "run.json").read_text())
    assert record["task"]["agent"] == record["dataset"]["parameters"]["agent"] == "drug"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("ten", "--support 'ten' is no list of whole numbers from 1 on"),
        ("10,0", "is no list of whole numbers from 1 on"),
        ("1,2,3", "--support '1,2,3' is K or K,M: perturbations, and genes of each"),
        ("5000", "a support of 5000: only 48 perturbations of simulated are measured"),
    ],
)
def test_a_bad_budget_is_one_line(given: str, said: str, tmp_path: Path) -> None:
    done = run_here("eval", "--support", given, *SMALL, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
