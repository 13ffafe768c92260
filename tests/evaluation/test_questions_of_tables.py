"""A table of up, down and none is asked both questions, and neither gives the other away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from program import run_here
from worlds import world

from core_harness import evaluate
from core_harness.evaluation.reproducing import reproduce
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec
from core_harness.runs.folder import open_run
from core_harness.schemas import PAIRS, SUPPORT
from core_harness.testing import TestServer

DRAWN: Parameters = {"dataset": {"split": "perturbation=.25"}}
KEYS = ["context", "perturbation", "gene"]


def table(path: Path, *, flipped: bool = False) -> str:
    """Write a world of three kinds of labels; ``flipped`` exchanges up and down everywhere."""
    rows = world(perturbations=40, contexts=("a",)).drop("split")
    goes_up = (pl.col("gene").hash(1) % 2 == 0) != flipped
    changed = pl.when(goes_up).then(pl.lit("up")).otherwise(pl.lit("down"))
    rows.with_columns(
        pl.when(pl.col("label") == 1).then(changed).otherwise(pl.lit("none")).alias("label")
    ).write_csv(path)
    return f"table:{path}"


def test_what_a_method_asked_for_changes_gets_does_not_depend_on_directions(tmp_path: Path) -> None:
    session = Session(resamples=0)
    one, other = (
        session.load(RunSpec(dataset=table(tmp_path / f"{flipped}.csv", flipped=flipped), parameters=DRAWN))
        for flipped in (False, True)
    )
    assert one.digest == other.digest
    assert_frame_equal(one.split.support, other.split.support)
    assert_frame_equal(one.split.queries, other.split.queries)
    assert one.split.support.columns == list(SUPPORT)
    assert one.split.queries.columns == list(PAIRS)
    asked = pl.read_csv(tmp_path / "False.csv").join(one.split.queries, on=KEYS, how="semi")
    assert set(asked["label"]) == {"up", "down", "none"}  # all of them, whether they change or not


def test_a_run_of_a_drawn_split_is_made_again_from_its_record(tmp_path: Path) -> None:
    name = table(tmp_path / "t.csv")
    for question in ("de", "dir"):
        parameters = {"dataset": {**DRAWN["dataset"], "question": question}}
        (result,) = evaluate(
            dataset=name, strategies="gene-frequency", parameters=parameters, seed=7, out=tmp_path / "runs"
        )
        assert result.run is not None
        run = open_run(result.run)
        assert run.manifest.task.question == question
        assert run.manifest.dataset.parameters["split"] == "perturbation=.25"
        assert run.manifest.dataset.parameters["split_seed"] == 0  # whatever the seed of the run
        assert reproduce(Session(), run).same_bytes


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestServer]:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    with TestServer(model="ignores-evidence") as running:
        yield running


def test_both_questions_of_a_table_come_from_one_asking(tmp_path: Path, server: TestServer) -> None:
    change, where = evaluate(
        dataset=table(tmp_path / "t.csv"),
        strategies="isolated",
        model="hosted_vllm/m",
        parameters={**DRAWN, "llm": {"api_base": server.url}, "organizer": {"facts": 0}},
        question="both",
    )
    assert (change.task.question, where.task.question) == ("de", "dir")
    assert change.predictions.height == server.stats.requests > where.predictions.height > 0
    assert where.predictions.join(change.predictions, on=KEYS, how="anti").is_empty()


def test_the_command_asks_either(tmp_path: Path) -> None:
    table(tmp_path / "t.csv")
    common = (
        "eval",
        "--dataset",
        "table:t.csv",
        "--strategy",
        "gene-frequency",
        "--split",
        "perturbation=.25",
    )
    for question in ("de", "dir"):
        done = run_here(*common, "--question", question, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert f"table:t.csv, {question}," in done.stdout
    refused = run_here(*common[:5], cwd=tmp_path)
    assert refused.returncode == 3
    assert "say --split perturbation=.25" in refused.stderr
    named = run_here("eval", "--strategy", "gene-frequency", "--question", "dir", cwd=tmp_path)
    assert "simulated-dir, dir," in named.stdout
