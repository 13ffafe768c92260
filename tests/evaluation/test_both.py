"""Both questions from one asking: half the calls, two runs, each scored by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from program import run_here

from core_harness import evaluate
from core_harness.analysis.cards import Pair
from core_harness.analysis.explain import explain_run
from core_harness.errors import HarnessError
from core_harness.evaluation.api import estimate, resume
from core_harness.evaluation.reproducing import reproduce
from core_harness.evaluation.result import Result
from core_harness.evaluation.session import Session
from core_harness.llm import Settings
from core_harness.plugins.registries import open_registry
from core_harness.runs.folder import Run, open_run
from core_harness.testing import TestServer

KEYS = ["context", "perturbation", "gene"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestServer]:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    with TestServer(model="ignores-evidence") as running:
        yield running


def choices(server: TestServer, **others: Any) -> dict[str, Any]:
    """Return what all evaluations here have in common."""
    world = {"perturbations": 60, "genes": 60, "modules": 6, "sparsity": 0.2}
    return {
        "strategies": "isolated",
        "model": "hosted_vllm/m",
        "parameters": {"llm": {"api_base": server.url}, "dataset": world},
        "question": "both",
        **others,
    }


def run_of(result: Result) -> Run:
    assert result.run is not None
    return open_run(result.run)


def test_two_runs_come_from_one_asking(tmp_path: Path, server: TestServer) -> None:
    expected = estimate(**choices(server))["isolated[organizer.question=both]"]
    change, where = evaluate(**choices(server), out=tmp_path)
    pairs = change.predictions.height
    assert expected.calls == server.stats.requests == pairs > where.predictions.height > 50
    assert (change.task.question, where.task.question) == ("de", "dir")
    assert change.asking is not None
    assert where.asking is not None
    assert (where.asking.calls, where.asking.cost) == (0, 0)
    assert [result.report.coverage.scored for result in (change, where)] == [pairs, where.predictions.height]
    assert where.predictions.join(change.predictions, on=KEYS, how="anti").is_empty()
    assert where.report.metrics["macro_gene_auroc"].value is not None
    one, other = (run_of(result).manifest for result in (change, where))
    assert one.identity == other.identity
    assert one.asked_with is not None
    assert other.asked_with is not None
    assert (one.asked_with.dataset, one.asked_with.sha256) == ("simulated-dir", other.dataset_sha256)
    assert (other.asked_with.dataset, other.asked_with.sha256) == ("simulated", one.dataset_sha256)


def test_it_is_another_method_on_the_same_pairs(tmp_path: Path, server: TestServer) -> None:
    change, where = evaluate(**choices(server), out=tmp_path)
    alone = choices(server, question=None, dataset="simulated-dir")
    (apart,) = evaluate(**alone, out=tmp_path)
    one, other = (run_of(result).manifest for result in (where, apart))
    assert one.question == other.question
    assert one.identity != other.identity
    sent = server.stats.requests
    alone["parameters"] = {**alone["parameters"], "organizer": {"question": "both"}}
    (again,) = evaluate(**alone)  # the direction by itself, in the same words: the same prompts
    assert server.stats.requests == sent
    assert_frame_equal(again.predictions, where.predictions)
    assert change.method.definition_sha256 == again.method.definition_sha256


def test_a_part_of_the_pairs_is_the_same_part_of_both(tmp_path: Path, server: TestServer) -> None:
    change, where = evaluate(**choices(server, limit=100), out=tmp_path)
    assert server.stats.requests == change.predictions.height
    assert where.predictions.join(change.predictions, on=KEYS, how="anti").is_empty()
    assert 0 < where.predictions.height < change.predictions.height
    (apart,) = evaluate(**choices(server, limit=100, question=None, dataset="simulated-dir"), out=tmp_path)
    assert run_of(where).manifest.question != run_of(apart).manifest.question
    session = Session()
    for result in (change, where):
        made = reproduce(session, run_of(result))
        assert (made.same_bytes, made.not_asked, made.record) == (True, 0, ())
    names = where.predictions.row(0, named=True)
    card = explain_run(run_of(where), Pair(**{key: names[key] for key in KEYS}))
    assert card.score == card.asked[0].value == names["score"]


def test_runs_that_ended_early_are_resumed_to_the_same(
    tmp_path: Path, server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(**choices(server))
    asked = server.stats.requests
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "another"))
    few = evaluate(**choices(server), out=tmp_path, asking=Settings(max_calls=asked // 2))
    assert [run_of(result).state for result in few] == ["partial", "partial"]
    assert server.stats.requests == asked + asked // 2
    resumed = [resume(run_of(result)) for result in few]
    assert server.stats.requests == 2 * asked
    assert resumed[1].asking is not None
    assert resumed[1].asking.calls == 0
    for one, other in zip(whole, resumed, strict=True):
        assert_frame_equal(one.predictions, other.predictions)


def test_samples_without_log_probabilities_are_shares(server: TestServer) -> None:
    parameters = choices(server)["parameters"]
    parameters |= {"organizer": {"samples": 2}, "llm": {"api_base": server.url, "top_logprobs": 0}}
    _, where = evaluate(**choices(server, parameters=parameters, limit=100))
    assert set(where.predictions["score"].unique()) <= {0.0, 0.5, 1.0}
    undirected = where.predictions.filter(status="no_change")
    assert undirected.height > 0
    assert (undirected["score"] == 0.5).all()


def test_pairs_of_the_direction_alone_are_counted_and_not_asked(tmp_path: Path, server: TestServer) -> None:
    measured = [("P1", "G1", 1, "train"), ("P2", "G1", 1, "test"), ("P2", "G2", 0, "test")]
    moved = [("P1", "G1", 1, "train"), ("P2", "G1", 0, "test"), ("P3", "G1", 1, "test")]
    for name, table in (("de", measured), ("dir", moved)):
        frame = pl.DataFrame(table, schema=["perturbation", "gene", "label", "split"], orient="row")
        frame.write_csv(tmp_path / f"{name}.csv")
    (tmp_path / "mine.toml").write_text(
        f"""schema_version = 1
[datasets.mine]
summary = "s"
component = "table"
direction = "mine-dir"
parameters = {{ path = "{tmp_path / "de.csv"}" }}
[datasets.mine-dir]
summary = "s"
component = "table"
parameters = {{ path = "{tmp_path / "dir.csv"}", question = "dir" }}
""",
        encoding="utf-8",
    )
    heard: list[str] = []
    registry = open_registry(tmp_path / "mine.toml")
    parameters = {"llm": {"api_base": server.url}, "organizer": {"facts": 0}}
    common = choices(server, dataset="mine", parameters=parameters)
    change, where = evaluate(**common, registry=registry, notice=heard.append, out=tmp_path)
    assert (change.predictions.height, where.predictions.height) == (2, 1)
    assert "mine-dir: 1 pairs are no pairs of mine: not asked" in heard
    manifest = run_of(where).manifest
    assert manifest.asked_with is not None
    assert manifest.asked_with.not_asked == 1
    shown = manifest.public().asked_with
    assert shown is not None
    assert str(tmp_path) not in shown.model_dump_json()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strategies": "reasoning"}, "reasoning cannot ask both questions at once; .* goes with isolated$"),
        ({"strategies": "gene-frequency"}, "gene-frequency cannot ask both questions at once"),
        ({"strategies": "voting"}, "voting cannot ask both questions at once"),
        ({"dataset": "simulated-dir"}, "the registry names no direction of simulated-dir, .* goes with sim"),
        ({"control": "anonymised-names"}, "--question both does not go with --control"),
        ({"gene_holdout": 0.5}, "--question both does not go with --gene-holdout"),
        ({"question": "de"}, "unknown question 'de'"),
        ({"limit": 1, "seed": 8}, "no pair of simulated-dir is in this part of simulated"),
    ],
    ids=["evidence", "no model", "grades", "no direction", "control", "holdout", "no such", "nothing"],
)
def test_what_cannot_be_is_one_line(server: TestServer, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(HarnessError, match=message) as refused:
        evaluate(**choices(server, **wrong))
    assert "\n" not in str(refused.value)
    assert server.stats.requests == 0


def test_packs_are_refused_before_anything_is_sent(server: TestServer) -> None:
    parameters = {**choices(server)["parameters"], "organizer": {"genes_per_prompt": 2}}
    with pytest.raises(HarnessError, match="both questions are asked of one gene a prompt"):
        evaluate(**choices(server, parameters=parameters))
    assert server.stats.requests == 0


def test_the_command_prints_both(tmp_path: Path, server: TestServer) -> None:
    common = ("eval", "--strategy", "isolated", "--model", "hosted_vllm/m", "--api-base", server.url)
    both = (*common, "--question", "both", "--limit", "300")
    done = run_here(*both, cwd=tmp_path, CORE_HARNESS_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    assert "simulated, de, unseen-perturbation regime" in done.stdout
    assert "simulated-dir, dir, unseen-perturbation regime" in done.stdout
    wrong = run_here("eval", "--strategy", "flat", "--model", "m/m", "--question", "both", cwd=tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr.count("\n") == 1
    (run,) = (folder.name for folder in (tmp_path / "runs").iterdir() if "-dir-" in folder.name)
    shown = run_here("runs", "show", run, cwd=tmp_path)
    assert "asked with" in shown.stdout
