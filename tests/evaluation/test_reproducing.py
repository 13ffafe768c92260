"""A run is made again from its record; what differs is named."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from program import run_here
from small_runs import SMALL, made, rewrite

from core_harness.errors import RunError
from core_harness.evaluation.reproducing import reproduce
from core_harness.evaluation.running import estimate_spec
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.evaluation.width import expected_width
from core_harness.runs.predictions import packed

PARAMETERS: Parameters = {"dataset": SMALL["dataset"]}


def test_a_run_comes_out_the_same_byte_by_byte(tmp_path: Path) -> None:
    for run in made(tmp_path):
        found = reproduce(Session(), run)
        assert (found.same_bytes, found.differing, found.largest, found.record) == (True, 0, 0.0, ())
        assert found.pairs == run.predictions().height


def test_what_differs_in_the_record_is_named(tmp_path: Path) -> None:
    _, voting = made(tmp_path)
    found = reproduce(Session(), rewrite(voting, packages={"numpy": "1.0", "scipy": "0.1"}))
    assert found.same_bytes
    first, second = found.record
    assert first.startswith("packages.numpy: 1.0, now ")
    assert second.startswith("packages.scipy: 0.1, now ")


def test_other_predictions_are_counted(tmp_path: Path) -> None:
    _, voting = made(tmp_path)
    changed = voting.predictions().with_columns(
        pl.when(pl.col("pair_id") == 0).then(pl.col("score") + 0.25).otherwise("score").alias("score")
    )
    (voting.folder / "predictions.parquet").write_bytes(packed(changed))
    found = reproduce(Session(), voting)
    assert (found.same_bytes, found.differing, found.record) == (False, 1, ())
    assert found.largest == pytest.approx(0.25)
    assert json.loads(json.dumps(found.as_dict()))["differing"] == 1


def test_a_run_that_did_not_end_is_not_made_again(tmp_path: Path) -> None:
    frequency, _ = made(tmp_path)
    with pytest.raises(RunError, match="only a complete run can be made again"):
        reproduce(Session(), rewrite(frequency, state="partial"))


def test_a_dry_run_tells_the_width_of_the_interval(tmp_path: Path) -> None:
    _, voting = made(tmp_path)
    spec = RunSpec(strategies=["voting"], parameters=PARAMETERS)
    session = Session()
    assert estimate_spec(session, spec) == {}
    width = expected_width(session, spec)
    found = voting.report()["metrics"]["macro_gene_auroc"]
    assert (width.genes, width.perturbations, width.pairs) == (
        found["genes"],
        found["perturbations"],
        found["pairs"],
    )
    assert width.half is not None
    assert width.half == pytest.approx((found["high"] - found["low"]) / 2, rel=0.5)
    few = expected_width(session, RunSpec(parameters=PARAMETERS, limit=40))
    assert few.half is None or few.half > width.half


def test_the_command_says_so_and_its_code_too(tmp_path: Path) -> None:
    _, voting = made(tmp_path / "runs")
    done = run_here("runs", "reproduce", voting.name, cwd=tmp_path)
    assert (done.returncode, done.stdout.count("the same predictions, byte by byte")) == (0, 1)
    (voting.folder / "predictions.parquet").write_bytes(packed(voting.predictions().reverse()))
    done = run_here("runs", "reproduce", voting.name, cwd=tmp_path)
    assert done.returncode == 1
    assert "the same predictions (" in done.stdout
    assert "in a file of other bytes" in done.stdout
    dry = run_here("eval", "--dry-run", cwd=tmp_path)
    assert "95 % interval of macro-per-gene AUROC: about ±0.0" in dry.stdout
