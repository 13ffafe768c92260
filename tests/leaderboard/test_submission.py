"""A result folder: others can check it, and it tells nothing of the machine it was made on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from small_boards import SUITE, board_of, run_on, small_registry
from small_runs import made, rewrite

from core_harness import RunSpec, explain_run
from core_harness.analysis.audit import audit_run
from core_harness.analysis.cards import Pair
from core_harness.analysis.score import score_file
from core_harness.errors import RunError, UsageError
from core_harness.evaluation.session import Session
from core_harness.leaderboard import submit
from core_harness.runs.folder import Run, open_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    _, voting = made(tmp_path_factory.mktemp("runs"))
    return voting


def test_a_result_is_ranked_as_its_run_is(run: Run, tmp_path: Path) -> None:
    result = submit(run.folder, SUITE, Session(small_registry()), out=tmp_path)
    assert result.parent == tmp_path / SUITE
    assert sorted(path.name for path in result.iterdir()) == ["predictions.parquet", "run.json"]
    before = run_on(board_of([run.folder]), run.name)
    after = run_on(board_of([result]), result.name)
    assert after.figures.report == before.figures.report
    assert after.identity == before.identity
    with pytest.raises(RunError, match="this result was written before"):
        submit(run.folder, SUITE, Session(small_registry()), out=tmp_path)
    assert [path.name for path in result.parent.iterdir()] == [result.name]


def test_nothing_private_goes_along(run: Run, tmp_path: Path) -> None:
    folder = shutil.copytree(run.folder, tmp_path / "run")
    secret = "s3cret"
    server = {"name": "litellm", "parameters": {"model": "m", "api_base": f"http://me:{secret}@host/v1"}}
    predictions = open_run(folder).predictions().with_columns(reply=pl.lit(secret))
    rewrite(
        open_run(folder),
        predictions,
        method={"components": {"llm": server}},
        spec={"path": f"/home/{secret}"},
        note=secret,
    )
    (folder / "replies.sqlite").write_bytes(secret.encode())
    result = submit(folder, SUITE, Session(small_registry()), out=tmp_path / "results")
    for path in result.iterdir():
        assert secret.encode() not in path.read_bytes()
    assert json.loads((result / "run.json").read_text())["result_version"] == 1
    assert pl.read_parquet(result / "predictions.parquet").columns == [
        *("pair_id", "context", "perturbation", "gene", "score", "status")
    ]


def test_what_would_not_be_ranked_is_refused(run: Run, tmp_path: Path) -> None:
    folder = shutil.copytree(run.folder, tmp_path / "run")
    rewrite(open_run(folder), control="shuffled-labels")
    with pytest.raises(RunError, match="would not be ranked in small: a control"):
        submit(folder, SUITE, Session(small_registry()), out=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_result_is_explained_and_audited_as_its_run_is(run: Run, tmp_path: Path) -> None:
    session = Session(small_registry())
    result = open_run(submit(run.folder, SUITE, session, out=tmp_path))
    row = run.predictions().row(0, named=True)
    pair = Pair(perturbation=row["perturbation"], gene=row["gene"])
    assert explain_run(result, pair).as_dict() == explain_run(run, pair).as_dict()
    (ours, theirs) = (audit_run(one, session, resamples=20) for one in (run, result))
    assert (ours.metrics, ours.strata, ours.verdict) == (theirs.metrics, theirs.strata, theirs.verdict)


def test_predictions_from_elsewhere_are_handed_in_audited_and_not_explained(run: Run, tmp_path: Path) -> None:
    session = Session(small_registry())
    run.predictions().write_csv(tmp_path / "theirs.csv")
    spec = RunSpec(dataset="simulated", regime="unseen-perturbation")
    undeclared = score_file(tmp_path / "theirs.csv", spec, session, out=tmp_path / "runs").result.run
    assert undeclared is not None
    with pytest.raises(RunError, match="what it was trained on is not declared"):
        submit(undeclared, SUITE, session, out=tmp_path / "results")
    found = score_file(tmp_path / "theirs.csv", spec, session, trained="train", out=tmp_path / "runs")
    assert found.result.run is not None
    scored = rewrite(open_run(found.result.run), later="a key of a later version")
    result = open_run(submit(scored.folder, SUITE, session, out=tmp_path / "results"))
    for one in (scored, result):
        assert audit_run(one, session, resamples=20).metrics["macro_gene_auroc"].value is not None
        with pytest.raises(UsageError, match="theirs was made elsewhere"):
            explain_run(one, Pair(perturbation="SIMP003", gene="SIMG010"))
