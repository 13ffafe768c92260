"""A run is believed as far as its predictions go, and no further."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_runs import SMALL, made, rewrite
from worlds import world

from core_harness import evaluate
from core_harness.analysis.rescore import rescore
from core_harness.errors import DataError, HarnessError, RunError
from core_harness.evaluation.session import Session
from core_harness.metrics import report
from core_harness.runs.folder import Run, open_run

NO_SETTINGS: dict[str, Any] = {"support_contexts": [], "gene_holdout": None}


def scored(run: Run) -> pl.DataFrame:
    (frame,) = rescore(run, Session()).repeats
    return frame


@pytest.mark.slow
@pytest.mark.parametrize(
    "choices",
    [{}, {"limit": 40}, {"only": "evaluable"}, {"gene_holdout": 0.3, "seed": 4}, {"seed": 2, "limit": 100}],
    ids=str,
)
def test_the_metrics_of_a_run_are_made_again(choices: dict[str, Any], tmp_path: Path) -> None:
    for run in made(tmp_path, **choices):
        again = report(scored(run), seed=run.manifest.task.seed).as_dict()
        assert json.loads(json.dumps(again)) == run.report()


def test_so_are_those_of_another_context(tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    world(contexts=("a", "b")).write_csv(file)
    (result,) = evaluate(f"table:{file}", "gene-frequency", support_contexts=["b"], out=tmp_path / "runs")
    assert result.run is not None
    run = open_run(result.run)
    assert run.manifest.task.regime == "cross-context"
    assert json.loads(json.dumps(report(scored(run), seed=0).as_dict())) == run.report()


@pytest.mark.slow
def test_a_control_has_a_frame_for_each_seed(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["gene-frequency"], control="shuffled-labels")
    repeats = rescore(run, Session()).repeats
    assert len(repeats) == 20
    assert len({frame.height for frame in repeats}) == 1


def test_a_dataset_is_read_once(tmp_path: Path) -> None:
    first, second = made(tmp_path)
    session = Session()
    one, other = (session.load_of(run.manifest, run.name) for run in (first, second))
    assert one is other


def test_forged_metrics_change_nothing(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"])
    before = scored(run)
    (run.folder / "report.json").write_text('{"metrics": {"macro_gene_auroc": {"value": 1.0}}}')
    assert scored(run).equals(before)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"state": "running"}, "incomplete"),
        ({"dataset_sha256": "0" * 64}, "are not those that the run was made on"),
        ({"predictions_sha256": "0" * 64}, "is not the file that the run wrote"),
        ({"predictions_sha256": None}, "is not the file that the run wrote"),
        ({"dataset": None}, "key dataset: "),
        ({"dataset": {"name": "nonsense"}}, "unknown dataset 'nonsense'"),
        ({"dataset": {"name": "symbol", "parameters": []}}, "key dataset.parameters: "),
        (
            {"task": {"dataset": "simulated", "regime": "cross-context", **NO_SETTINGS}},
            "regime 'cross-context' needs --support",
        ),
        ({"task": {"seed": "<script>"}}, "key task.seed"),
        ({"task": {"seed": -1}}, "seed is -1"),
        ({"part": {"only": "all"}}, "key part.only: "),
        ({"task": []}, "key task"),
    ],
    ids=str,
)
def test_a_manifest_that_does_not_fit_is_one_line(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (run,) = made(tmp_path, ["gene-frequency"])
    with pytest.raises(HarnessError, match=message) as caught:
        scored(rewrite(run, **changes))
    assert isinstance(caught.value, RunError | DataError | HarnessError)
    assert "\n" not in str(caught.value)


def test_a_dataset_that_changed_is_refused(tmp_path: Path) -> None:
    rows = world()
    file = tmp_path / "rows.csv"
    rows.write_csv(file)
    (result,) = evaluate(f"table:{file}", "gene-frequency", out=tmp_path / "runs")
    assert result.run is not None
    rows.with_columns(label=1 - pl.col("label")).write_csv(file)
    with pytest.raises(RunError, match="are not those that the run was made on"):
        scored(open_run(result.run))


def test_damaged_predictions_are_one_line(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["gene-frequency"])
    path = run.folder / "predictions.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunError, match="is not the file that the run wrote"):
        scored(run)
    path.unlink()
    with pytest.raises(RunError, match="cannot be read: No such file"):
        scored(run)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.head(-3), "3 pairs have no prediction"),
        (lambda p: pl.concat([p, p.head(2)]), "2 pairs are predicted twice"),
        (lambda p: p.with_columns(pl.lit("SIMG001").alias("gene")), "about no pair that was asked"),
        (lambda p: p.with_columns(pl.lit(float("nan")).alias("score")), "scores are not finite"),
        (lambda p: p.with_columns(pl.lit(float("inf")).alias("score")), "scores are not finite"),
        (lambda p: p.with_columns(pl.lit(None, pl.String).alias("status")), "have no status"),
        (lambda p: p.drop("score"), "no column 'score'"),
        (lambda p: p.with_columns(pl.lit("high").alias("score")), "column 'score' is String"),
    ],
)
def test_predictions_of_other_pairs_are_refused(change: Any, message: str, tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["gene-frequency"])
    with pytest.raises(RunError, match=message):
        scored(rewrite(run, change(run.predictions())))


def test_the_order_of_predictions_says_nothing(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"], parameters=SMALL)
    before = scored(run)
    assert scored(rewrite(run, run.predictions().sample(fraction=1, shuffle=True, seed=1))).equals(before)
