"""The run folder never looks more finished than it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from runs.records import record, summary

from core_harness.errors import RunError
from core_harness.runs.folder import list_runs, new_run, open_run, reopen_run
from core_harness.schemas import PAIRS
from core_harness.schemas import PREDICTIONS as SCORES

MANIFEST = record(dataset="table:/a b/../<x>.csv")
PREDICTIONS = pl.DataFrame([(0, "K562", "TP53", "CDKN1A", 0.5, "ok")], {**PAIRS, **SCORES}, orient="row")
ESTIMATE = {"value": 0.5, "low": None, "high": None, "genes": 1, "perturbations": 1, "pairs": 1}
REPORT = {
    "metrics": {"macro_gene_auroc": ESTIMATE},
    "coverage": {"pairs": 1, "scored": 1, "genes": 1, "evaluable_genes": 0, "status": {"ok": 1}},
}


def test_a_run_is_written_and_read(tmp_path: Path) -> None:
    with new_run(tmp_path / "runs", MANIFEST) as writer:
        assert open_run(writer.folder).state == "running"
        run = writer.finish(PREDICTIONS, REPORT, None)
    (again,) = list_runs(tmp_path / "runs")
    assert again.name == run.name
    assert again.state == "complete"
    assert again.predictions().equals(PREDICTIONS)
    assert again.report() == REPORT
    assert again.folder.parent == tmp_path / "runs"
    assert not list(run.folder.glob("*.tmp"))


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), new_run(tmp_path, MANIFEST):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_runs_of_the_same_second_do_not_meet(tmp_path: Path) -> None:
    for _ in range(3):
        with new_run(tmp_path, MANIFEST) as writer:
            writer.finish(PREDICTIONS, {}, None)
    assert len(list_runs(tmp_path)) == 3


def test_an_unwritable_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RunError, match="choose another folder with --out"),
        new_run(tmp_path / "file", MANIFEST),
    ):
        pass


def test_what_is_no_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run folder"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(RunError, match="holds list"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(RunError, match="schema version 99"):
        open_run(tmp_path)


def test_no_folder_of_runs_is_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == []


def test_a_broken_folder_does_not_hide_the_others(tmp_path: Path) -> None:
    with new_run(tmp_path, MANIFEST) as writer:
        run = writer.finish(PREDICTIONS, {}, None)
    broken = {"broken": "{", "empty": '{"schema_version": 1}', "later": '{"schema_version": 99}'}
    for name, content in broken.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(content)
    told: list[str] = []
    assert [found.name for found in list_runs(tmp_path, notice=told.append)] == [run.name]
    assert [line.split(":")[0] for line in told] == ["left out"] * 3
    assert "broken/run.json cannot be read" in told[0]
    assert "empty/run.json, key components: missing" in told[1]
    assert "later/run.json has schema version 99" in told[2]
    assert len(list_runs(tmp_path)) == 1


def test_damaged_predictions_are_one_line(tmp_path: Path) -> None:
    with new_run(tmp_path, MANIFEST) as writer:
        run = writer.finish(PREDICTIONS, {}, None)
    path = run.folder / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(RunError, match="is no whole Parquet file"):
        run.predictions()


def test_replies_outlive_a_run_that_fails_and_the_run_can_go_on(tmp_path: Path) -> None:
    def interrupted() -> None:
        with new_run(tmp_path, MANIFEST) as writer:
            writer.journal.write_bytes(b"paid for")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    (run,) = list_runs(tmp_path)
    assert run.state == "running"
    with reopen_run(run.folder) as again:
        assert again.finish(PREDICTIONS, {}, summary(ended="max calls 5 is used up")).state == "partial"
        again.finish(PREDICTIONS, {}, summary())
    with pytest.raises(RunError, match="there is nothing to resume"), reopen_run(run.folder):
        pass
    assert {path.name for path in run.folder.iterdir()} == {
        *("predictions.parquet", "replies.sqlite", "report.json", "run.json")
    }


@pytest.mark.parametrize(
    ("report", "key"),
    [
        ({}, "key metrics: Field required"),
        ({**REPORT, "metrics": {}}, "key metrics.macro_gene_auroc: missing"),
        (
            {**REPORT, "metrics": {"macro_gene_auroc": {**ESTIMATE, "value": "best"}}},
            "value: Input should be",
        ),
        ({**REPORT, "coverage": []}, "key coverage: "),
        ({**REPORT, "reliability": [{}]}, "key reliability.0.mean_score: "),
        ({**REPORT, "reliability": [{"mean_score": 0, "positives": 0, "pairs": 0}]}, "metrics.ece: missing"),
    ],
)
def test_a_report_that_is_none_is_one_line(report: dict[str, Any], key: str, tmp_path: Path) -> None:
    with new_run(tmp_path, MANIFEST) as writer:
        run = writer.finish(PREDICTIONS, report, None)
    with pytest.raises(RunError, match=key):
        run.report()


def test_a_run_that_is_being_written_is_not_resumed(tmp_path: Path) -> None:
    with new_run(tmp_path, MANIFEST) as writer:
        with (
            pytest.raises(RunError, match=r"is being written by process \d+ on .*; wait until it ends"),
            reopen_run(writer.folder),
        ):
            pass
        assert writer.finish(PREDICTIONS, REPORT, None).state == "complete"
