"""What the commands print, from Python: the same figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from program import run_here
from small_runs import SMALL

from core_harness import (
    DatasetAudit,
    Pair,
    Result,
    RunAudit,
    Session,
    audit,
    compare,
    evaluate,
    explain,
    explain_run,
    load_run,
    score,
)
from core_harness.errors import RunError, UsageError

WORLD = [f"-pdataset.{key}={value}" for key, value in SMALL["dataset"].items()]


def printed(folder: Path, *arguments: str) -> Any:
    """Return what a command prints as JSON, in a folder."""
    done = run_here(*arguments, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    """Gene frequency and voting on a small world, in the folder ``runs``."""
    folder = tmp_path_factory.mktemp("public") / "runs"
    return evaluate("simulated", ["gene-frequency", "voting"], parameters=SMALL, out=folder)


def folder_of(result: Result) -> Path:
    assert result.run is not None
    return result.run.parents[1]


def test_evaluate(results: list[Result]) -> None:
    content = printed(folder_of(results[0]), "eval", *WORLD, "--out", "again")
    for result, row in zip(results, content["results"], strict=True):
        assert json.loads(json.dumps(result.as_dict() | {"run": row["run"]})) == row


def test_compare(results: list[Result]) -> None:
    names = [load_run(result).name for result in results]
    content = printed(folder_of(results[0]), "compare", *names)
    session = Session()
    for runs in (results, [load_run(result) for result in results], [result.run for result in results]):
        found = compare([run for run in runs if run is not None], session)
        assert json.loads(json.dumps(found.as_dict())) == content
    other = compare(results, session, metric="ece", seed=3).as_dict()
    options = ("--metric", "ece", "--seed", "3")
    assert json.loads(json.dumps(other)) == printed(folder_of(results[0]), "compare", *names, *options)


def test_audit(results: list[Result]) -> None:
    folder = folder_of(results[1])
    content = printed(folder, "audit", load_run(results[1]).name)
    of_run = audit(results[1])
    assert isinstance(of_run, RunAudit)
    assert json.loads(json.dumps(of_run.as_dict())) == content
    of_name = audit(load_run(results[1]).name, folder=folder / "runs")
    assert of_name.as_dict() == of_run.as_dict()
    of_dataset = audit("simulated", parameters=SMALL)
    assert isinstance(of_dataset, DatasetAudit)
    assert json.loads(json.dumps(of_dataset.as_dict())) == printed(folder, "audit", "simulated", *WORLD)


def test_explain(results: list[Result]) -> None:
    row = results[1].predictions.row(0, named=True)
    pair = Pair(perturbation=row["perturbation"], gene=row["gene"])
    asked = ("explain", "--perturbation", pair.perturbation, "--gene", pair.gene)
    folder = folder_of(results[1])
    card = explain(pair, dataset="simulated", strategy="voting", parameters=SMALL)
    assert card.score == row["score"]
    assert json.loads(json.dumps(card.as_dict())) == printed(folder, *asked, *WORLD)["card"]
    card = explain_run(results[1], pair)
    assert card.score == row["score"]
    of_run = printed(folder, *asked, "--run", load_run(results[1]).name)["card"]
    assert json.loads(json.dumps(card.as_dict())) == of_run


def test_score(tmp_path: Path) -> None:
    (result,) = evaluate("simulated", "voting")
    result.predictions.select("perturbation", "gene", "score").write_csv(tmp_path / "p.csv")
    content = printed(tmp_path, "score", "p.csv", "-d", "simulated", "--trained-on", "train")
    found = score(tmp_path / "p.csv", "simulated", trained_on="train", out=tmp_path / "runs")
    printed_run = {"run": content["run"], "schema_version": 1}
    assert json.loads(json.dumps(found.as_dict() | printed_run)) == content
    assert found.result.report.metrics["macro_gene_auroc"] == result.report.metrics["macro_gene_auroc"]


def test_load_run(results: list[Result], tmp_path: Path) -> None:
    run = load_run(results[0])
    assert load_run(run) is run
    assert load_run(run.name, run.folder.parent).manifest == load_run(run.folder).manifest == run.manifest
    assert run.predictions().equals(results[0].predictions)
    with pytest.raises(RunError, match=r"nowhere is not a run folder \(it holds no run.json\)"):
        load_run("nowhere", tmp_path)
    (unwritten,) = evaluate("simulated", "gene-frequency", parameters=SMALL)
    with pytest.raises(UsageError, match="gene-frequency was not written; evaluate with out='runs'"):
        compare([unwritten, unwritten])


def test_what_an_audit_is_not_about(results: list[Result]) -> None:
    with pytest.raises(UsageError, match="--contexts is about a dataset, and this is a run; leave it out"):
        audit(results[0], contexts=["b"])
    with pytest.raises(UsageError, match="--controls is about a run, and 'simulated' is none; leave it out"):
        audit("simulated", controls=True)
    with pytest.raises(UsageError, match="no run 'nothing' in runs, and unknown dataset 'nothing'"):
        audit("nothing")
