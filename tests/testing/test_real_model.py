"""The demonstration with a model of one's choice, played by a server on this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from program import run_here

from core_harness import evaluate
from core_harness.evaluation.result import Result
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.runs.folder import open_run
from core_harness.testing import TestServer
from core_harness.testing.demonstration import Scene
from core_harness.testing.findings import sentences
from core_harness.testing.real_model import Played
from core_harness.vocabulary import Control

ASKED = ("demo", "--dataset", "simulated", "--limit", "60", "--model", "hosted_vllm/m")


@pytest.mark.slow
def test_a_model_is_asked_in_all_ways_and_nothing_twice(tmp_path: Path) -> None:
    kept = {"CORE_HARNESS_CACHE": str(tmp_path / "cache")}
    with TestServer(model="follows-evidence") as server:
        asked = (*ASKED, "--api-base", server.url)
        dry = run_here(*asked, "--dry-run", cwd=tmp_path, **kept)
        assert dry.returncode == 0, dry.stderr
        assert len([line for line in dry.stdout.splitlines() if " calls for " in line]) == 9
        assert "reasoning, shuffled-labels: " in dry.stdout
        assert server.stats.requests == 0
        part = run_here(*asked, "--max-calls", "70", cwd=tmp_path, **kept)
        assert server.stats.requests == 70  # of all scenes together
        assert "few-shot: no verdict, the model answered 7 of 63 (56 not asked)" in part.stdout
        assert "few-shot (to" not in part.stdout
        done = run_here(*asked, "--json", cwd=tmp_path, **kept)
        assert done.returncode == 0, done.stderr
        assert server.stats.requests == server.stats.distinct
        sent = server.stats.requests
        table = run_here(*asked, cwd=tmp_path, **kept)
        assert server.stats.requests == sent
    found = json.loads(done.stdout)
    scenes = {(one["strategy"], one["control"]): one for one in found["scenes"]}
    assert len(scenes) == 9
    assert "reasoning: no verdict, too few genes have both classes" in found["sentences"][0]
    assert set(found["sentences"]) <= set(table.stdout.splitlines())

    reasoning = scenes["reasoning", None]
    truth = Session().load(RunSpec(only="evaluable", limit=60)).split.truth
    pairs = open_run(tmp_path / "runs" / reasoning["run"]).predictions().join(truth, on="pair_id")
    pairs = pairs.filter(status="ok")
    assert reasoning["answered"] == pairs.height / reasoning["pairs"]
    assert reasoning["yes"] == pytest.approx(pairs.select(pl.col("score") >= 0.5).mean().item())
    assert reasoning["truth"] == pytest.approx(pairs["label"].mean())
    assert reasoning["moved"] is None
    assert scenes["reasoning", "shuffled-labels"]["moved"] > 0.02


def test_options_of_a_real_model_need_one(tmp_path: Path) -> None:
    done = run_here("demo", "--limit", "12", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: --limit goes with --model NAME: scripted models take no options\n"


@pytest.fixture(scope="module")
def result() -> Result:
    (found,) = evaluate(strategies="gene-frequency", limit=200)
    return found


def played(
    result: Result,
    auroc: tuple[float, float, float],
    *,
    control: Control | None = None,
    yes: float = 0.5,
    moved: float | None = None,
) -> Played:
    value, low, high = auroc
    metrics = dict(result.report.metrics)
    metrics["macro_gene_auroc"] = replace(metrics["macro_gene_auroc"], value=value, low=low, high=high)
    metrics["pooled_auroc"] = replace(metrics["pooled_auroc"], value=0.5)
    return Played(
        scene=Scene(model="m", strategy="flat", control=control, shows=""),
        result=replace(result, report=replace(result.report, metrics=metrics)),
        answered=1.0,
        yes=yes,
        truth=0.5,
        moved=moved,
    )


CHANCE, ABOVE, BELOW = (0.51, 0.45, 0.57), (0.7, 0.6, 0.8), (0.3, 0.2, 0.4)


@pytest.mark.parametrize(
    ("plain", "broken", "said"),
    [
        (CHANCE, CHANCE, "there was nothing above chance to lose (0.510 to 0.510)"),
        (BELOW, ABOVE, "there was nothing above chance to lose (0.300 to 0.700)"),
        (ABOVE, CHANCE, "no longer above chance (0.700 to 0.510), so it rests on what was broken"),
        (ABOVE, BELOW, "no longer above chance (0.700 to 0.300), so it rests on what was broken"),
        (ABOVE, ABOVE, "still above chance (0.700 to 0.700), so it rests on something else as well"),
    ],
)
def test_what_a_control_says(
    plain: tuple[float, float, float], broken: tuple[float, float, float], said: str, result: Result
) -> None:
    both = [played(result, plain), played(result, broken, control="shuffled-labels", moved=0.3)]
    assert sentences(both)[-1] == (
        f"flat, shuffled-labels: {said}; the score of a pair moves by 0.300 on average."
    )


@pytest.mark.parametrize(
    ("yes", "ending"), [(0.9, "too often"), (0.55, "about as often as is true"), (0.1, "too seldom")]
)
def test_how_often_it_says_yes(yes: float, ending: str, result: Result) -> None:
    assert sentences([played(result, CHANCE, yes=yes)]) == [
        "flat (0.510) is at chance within genes.",
        f"flat (to {yes:.0%} of pairs, of which 50% are positive) says yes {ending}.",
    ]


def test_an_answer_that_is_not_moved_was_not_read(result: Result) -> None:
    both = [played(result, CHANCE), played(result, CHANCE, control="shuffled-labels", moved=0.01)]
    assert sentences(both)[-1].endswith("moves by 0.010 on average, so it hardly reads what was changed.")
