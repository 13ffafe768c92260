"""``core-harness predict``: scores of pairs, and above them how far to trust them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import polars as pl
import pytest
from program import run_here
from worlds import world

from core_harness.evaluation.predicting import PREDICTED_PAIRS
from core_harness.testing import TestServer

SMALL = ("-p", "dataset.perturbations=60", "-p", "dataset.genes=30", "-p", "dataset.modules=4")


def predict(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_here("predict", *arguments, cwd=cwd, CORE_HARNESS_CACHE=str(cwd / "cache"), **environment)


def test_all_genes_of_a_perturbation_with_what_they_rest_on(tmp_path: Path) -> None:
    arguments = ("--perturbation", "SIMP001", "--perturbation", "NEW", *SMALL)
    done = predict(*arguments, "-o", "p.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "evaluated once on the test split" in done.stderr
    assert done.stdout.startswith("SIMULATED data: these are no predictions about cells.\n")
    assert "How far to trust it: macro-per-gene AUROC 0." in done.stdout
    (run,) = (tmp_path / "runs").iterdir()
    assert f"(run {run.name}), from the train rows alone." in done.stdout
    assert "1 of 2 perturbations are not known to the graph" in done.stdout
    table = pl.read_csv(tmp_path / "p.csv", schema_overrides=PREDICTED_PAIRS)
    assert table.columns == list(PREDICTED_PAIRS)
    again = predict(*arguments, "-o", "p.parquet", "--json", cwd=tmp_path)
    assert "evaluated once" not in again.stderr
    said = json.loads(again.stdout)
    assert said["reliability"]["run"] == run.name
    assert said["unrelated"] == ["NEW"]
    assert len(said["predictions"]) == table.height == pl.read_parquet(tmp_path / "p.parquet").height
    assert f"{table.height:,} pairs in p.csv" in done.stdout


def test_a_table_of_pairs(tmp_path: Path) -> None:
    world(perturbations=40).write_csv(tmp_path / "w.csv")
    (tmp_path / "pairs.csv").write_text("pert,gene\nP01,G01\nNEW,G02\n")
    asked = ("pairs.csv", "-d", "table:w.csv", "-s", "gene-frequency", "--json")
    said = json.loads(predict(*asked, cwd=tmp_path).stdout)
    assert [row["perturbation"] for row in said["predictions"]] == ["NEW", "P01"]
    assert all(row["score"] == row["gene_rate"] for row in said["predictions"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name either a table of pairs or --perturbation"),
        (("p.csv", "--perturbation", "A"), "name either a table of pairs or --perturbation"),
        (("p.csv", "--context", "c"), "--context goes with --perturbation"),
        (("--perturbation", "A", "-o", "p.xlsx"), "--output p.xlsx should end in .csv or .parquet"),
        (("--perturbation", "A", "--context", "x", *SMALL), "unknown context 'x'"),
        (("--perturbation", "A", "-s", "isolated", *SMALL), "isolated asks a model"),
    ],
)
def test_what_does_not_fit_is_one_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = predict(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_model_is_asked_about_the_pairs_alone_and_once(tmp_path: Path) -> None:
    asked = ("--perturbation", "SIMP001", "-s", "isolated", "--model", "qwen", *SMALL)
    with TestServer(model="always-plausible") as server:
        dry = predict(*asked, "--dry-run", cwd=tmp_path)
        assert dry.returncode == 0, dry.stderr
        assert "30 calls" in dry.stdout
        assert server.stats.requests == 0
        first = predict(*asked, "--json", cwd=tmp_path, **server.environment)
        assert first.returncode == 0, first.stderr
        said = json.loads(first.stdout)
        assert server.stats.requests == len(said["predictions"]) == 30
        assert said["reliability"] is None
        assert said["simulated_parts"] == ["data", "answers"]
        second = predict(*asked, cwd=tmp_path, **server.environment)
        assert server.stats.requests == 30
    assert "How far to trust isolated on this dataset is not known" in second.stdout
    assert not (tmp_path / "runs").exists()
