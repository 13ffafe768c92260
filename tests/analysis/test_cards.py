from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from small_votes import CONTEXTS, three_contexts
from worlds import world

from core_harness import Card, Pair, evaluate, explain, explain_run
from core_harness.cli import cli
from core_harness.errors import RunError, UsageError
from core_harness.runs.folder import open_run
from core_harness.testing import TestServer

PARAMETERS = {"dataset": {"perturbations": 120, "genes": 40, "modules": 8}}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reader() -> Iterator[TestServer]:
    with TestServer(model="follows-evidence") as server:
        yield server


def voting(tmp_path: Path, **choices: Any) -> tuple[Any, pl.DataFrame]:
    (result,) = evaluate("simulated", "voting", out=tmp_path / "runs", parameters=PARAMETERS, **choices)
    assert result.run is not None
    return open_run(result.run), result.predictions


def pair_of(row: dict[str, Any]) -> Pair:
    return Pair(perturbation=row["perturbation"], gene=row["gene"], context=row["context"])


def asked(server: TestServer, strategy: str, pair: Pair, **choices: Any) -> Card:
    parameters: dict[str, Any] = {**PARAMETERS, "llm": {"api_base": server.url}}
    return explain(pair, strategy=strategy, model="hosted_vllm/simulated", parameters=parameters, **choices)


def test_the_card_of_a_query_has_the_score_of_the_evaluation(tmp_path: Path) -> None:
    _, predictions = voting(tmp_path)
    for row in predictions.sample(8, seed=3).iter_rows(named=True):
        card = explain(pair_of(row), parameters=PARAMETERS)
        assert card.score == pytest.approx(row["score"], abs=1e-12)
        assert (card.status, card.simulated) == (row["status"], ("data",))
        assert all(voter.gene == row["gene"] and voter.weight > 0 for voter in card.voters)
        weights = [voter.weight for voter in card.voters]
        assert weights == sorted(weights, reverse=True)


@pytest.mark.slow
def test_what_would_flip_it_flips_it(tmp_path: Path) -> None:
    _, predictions = voting(tmp_path)
    flipped = 0
    for row in predictions.sample(12, seed=5).iter_rows(named=True):
        card = explain(pair_of(row), parameters=PARAMETERS)
        assert card.score is not None
        for voter in card.voters:
            moved = voter.without is not None and voter.without < card.score
            assert moved == bool(voter.label)  # a positive pulls up, a negative down
        if card.flip is not None:
            flipped += 1
            sides = {voter.label for voter in card.voters if voter.neighbour in card.flip}
            assert sides == {int(card.score > card.gene_rate)}
    assert flipped > 3


def test_a_pair_that_was_measured_does_not_hear_its_own_label() -> None:
    from core_harness_plugins.datasets.simulated import Simulated

    rows = Simulated(perturbations=120, genes=40, modules=8).rows()
    row = rows.filter(split="train", label=1).row(0, named=True)
    card = explain(pair_of(row), parameters=PARAMETERS)
    assert row["perturbation"] not in {voter.neighbour for voter in card.voters}
    on_gene = rows.filter(pl.col("gene") == row["gene"], pl.col("split") == "train").height
    assert card.measured == on_gene - 1


def test_a_pair_that_is_in_no_dataset() -> None:
    card = explain(Pair(perturbation="NOBODY", gene="SIMG001"), parameters=PARAMETERS)
    assert (card.status, card.voters, card.flip) == ("no_evidence", [], None)
    assert card.score == card.gene_rate
    assert card.measured > 0
    card = explain(Pair(perturbation="SIMP001", gene="NOTHING"), parameters=PARAMETERS)
    assert card.measured == 0
    assert card.gene_rate == card.prevalence == card.score


def test_a_context_must_be_one_that_is_known(tmp_path: Path) -> None:
    world(contexts=("a", "b")).write_csv(tmp_path / "two.csv")
    where = {"dataset": f"table:{tmp_path / 'two.csv'}", "strategy": "gene-frequency"}
    pair = Pair(perturbation="P00", gene="G00")
    with pytest.raises(UsageError, match=r"several contexts \(a, b\); name one with --context"):
        explain(pair, **where)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="unknown context 'c'"):
        explain(Pair(perturbation="P00", gene="G00", context="c"), **where)  # type: ignore[arg-type]


def test_a_prompt_can_be_seen_without_being_sent(reader: TestServer) -> None:
    card = asked(reader, "isolated", Pair(perturbation="SIMP003", gene="SIMG010"), send=False)
    assert reader.stats.requests == 0
    (question,) = card.asked
    assert "Gene: SIMG010" in question.user
    assert (card.score, card.status, question.text) == (None, "not_asked", None)
    assert card.simulated == ("data",)


@pytest.mark.slow
def test_an_answer_stands_on_the_card_and_is_paid_for_once(reader: TestServer) -> None:
    pair = Pair(perturbation="SIMP003", gene="SIMG010")
    first, second = (asked(reader, "reasoning", pair) for _ in range(2))
    assert reader.stats.requests == 1
    assert first == second
    (question,) = first.asked
    assert question.text is not None
    assert "simulated/follows-evidence" in question.text
    assert first.score == question.value
    assert first.simulated == ("data", "answers")
    assert first.flip is None


@pytest.mark.slow
def test_grades_weigh_the_voters_of_a_card(reader: TestServer) -> None:
    pair = Pair(perturbation="SIMP003", gene="SIMG010")
    plain = explain(pair, parameters=PARAMETERS)
    graded = asked(reader, "voting", pair)
    (question,) = graded.asked
    assert question.form == "grades"
    before = {voter.neighbour: voter.weight for voter in plain.voters}
    after = {voter.neighbour: voter.weight for voter in graded.voters}
    assert after.keys() <= before.keys()
    assert after != before
    assert graded.score != plain.score


@pytest.mark.slow
def test_a_run_is_explained_from_its_own_answers(tmp_path: Path) -> None:
    with TestServer(model="follows-evidence") as server:
        parameters: dict[str, Any] = {
            **PARAMETERS,
            "llm": {"api_base": server.url},
            "organizer": {"genes_per_prompt": 10, "samples": 2},
        }
        (result,) = evaluate(
            "simulated",
            "reasoning",
            model="hosted_vllm/simulated",
            parameters=parameters,
            out=tmp_path / "runs",
        )
        sent = server.stats.requests
    assert result.run is not None
    row = result.predictions.filter(status="ok").row(0, named=True)
    card = explain_run(open_run(result.run), pair_of(row))
    assert server.stats.requests == sent
    assert card.score == row["score"]
    assert [question.sample for question in card.asked] == [0, 1]
    values = [question.value for question in card.asked if question.value is not None]
    assert sum(values) / 2 == pytest.approx(row["score"])
    assert all(f"Gene: {row['gene']}" in question.user for question in card.asked)


def test_a_run_knows_only_its_own_pairs_and_rows(tmp_path: Path) -> None:
    run, _ = voting(tmp_path)
    with pytest.raises(UsageError, match="was not asked in this run; leave out --run"):
        explain_run(run, Pair(perturbation="NOBODY", gene="SIMG001"))
    rows = world(perturbations=30)
    rows.write_csv(tmp_path / "rows.csv")
    (result,) = evaluate(f"table:{tmp_path / 'rows.csv'}", "gene-frequency", out=tmp_path / "runs")
    rows.head(200).write_csv(tmp_path / "rows.csv")
    assert result.run is not None
    with pytest.raises(RunError, match="are not those that the run was made on"):
        explain_run(open_run(result.run), Pair(perturbation="P00", gene="G00"))


def test_a_run_of_a_method_that_has_changed_since_is_not_explained(tmp_path: Path) -> None:
    run, predictions = voting(tmp_path)
    manifest = json.loads((run.folder / "run.json").read_text())
    components = manifest["method"]["components"]
    components["organizer"]["target"] = components["aggregator"]["target"] = "made.up:Other"
    (run.folder / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(
        RunError, match="voting was made with another organizer and aggregator than these names stand for"
    ):
        explain_run(open_run(run.folder), pair_of(predictions.row(0, named=True)))


def test_what_learns_is_explained_from_a_run(reader: TestServer) -> None:
    with pytest.raises(UsageError, match="fused learns from many answers; run it"):
        asked(reader, "fused", Pair(perturbation="SIMP003", gene="SIMG010"))
    assert reader.stats.requests == 0


@pytest.mark.slow
def test_what_learns_from_the_support_alone_is_fitted_and_says_what_it_is_made_of(tmp_path: Path) -> None:
    result, *_ = evaluate("simulated", "voting-learned", out=tmp_path / "runs", parameters=PARAMETERS)
    assert result.run is not None
    row = result.predictions.row(7, named=True)
    card = explain(pair_of(row), strategy="voting-learned", parameters=PARAMETERS)
    assert card.score == pytest.approx(row["score"], abs=1e-9)
    assert {"relatives", "both steps", "both steps, modules", "genes alike"} <= {v.name for v in card.votes}
    weights = [vote.weight for vote in card.votes]
    assert weights == sorted(weights, reverse=True)
    assert min(weights) >= 0
    assert (card.flip, {voter.without for voter in card.voters}) == (None, {None})
    again = explain_run(open_run(result.run), pair_of(row))
    assert [vote.name for vote in again.votes] == [vote.name for vote in card.votes]
    assert [vote.value for vote in again.votes] == pytest.approx([vote.value for vote in card.votes])


def test_those_who_respond_like_a_relative_say_so() -> None:
    card = explain(Pair(perturbation="SIMP003", gene="SIMG010"), parameters=PARAMETERS)
    through = [voter for voter in card.voters if voter.via is not None]
    assert through
    for voter in through:
        assert voter.direct is not None
        share = 1 - voter.direct / voter.weight
        words = f"responds like {voter.via}, a relative of the query ({share:.0%} of the weight)"
        assert voter.because.startswith(words)
        assert voter.via != voter.neighbour
    assert all("responds like" not in voter.because for voter in card.voters if voter.via is None)


def test_those_who_responded_like_the_query_elsewhere_say_so(tmp_path: Path) -> None:
    rows = three_contexts()
    rows.write_csv(tmp_path / "three.csv")
    row = rows.filter(split="test", context="a").row(0, named=True)
    card = explain(
        pair_of(row),
        dataset=f"table:{tmp_path / 'three.csv'}",
        support_contexts=CONTEXTS,
        retriever="random",
        parameters={"organizer": {"elsewhere": 0.95}},
    )
    alike = [voter for voter in card.voters if voter.via == row["perturbation"]]
    assert alike
    words = f"responded like {row['perturbation']} in other contexts ("
    assert all(voter.because.startswith(words) for voter in alike)


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["explain", *arguments])


def test_a_person_reads_a_card() -> None:
    done = typed("--perturbation", "SIMP003", "--gene", "SIMG010")
    assert done.exit_code == 0, done.output
    assert "SIMP003 on SIMG010 in simulated  (SIMULATED data)" in done.stdout
    assert "voting, simulated, de, unseen-perturbation regime, seed 0" in done.stdout
    assert "because (each layer alone)" in done.stdout
    assert "What would flip it: without" in done.stdout


def test_a_machine_reads_a_card() -> None:
    done = typed("--perturbation", "NOBODY", "--gene", "SIMG010", "--json")
    card = json.loads(done.stdout)["card"]
    assert card["pair"] == {"perturbation": "NOBODY", "gene": "SIMG010", "context": "simulated"}
    assert (card["voters"], card["simulated"]) == ([], ["data"])


@pytest.mark.slow
def test_a_prompt_is_printed_whole(reader: TestServer) -> None:
    model = ("--model", "hosted_vllm/x", "--api-base", reader.url)
    pair = ("--perturbation", "SIMP003", "--gene", "SIMG010")
    done = typed("-s", "isolated", *model, *pair, "--show-prompt")
    assert done.exit_code == 0, done.output
    assert "Question: Is SIMG010 differentially expressed" in done.stdout
    assert "no answer (not_asked)" in done.stdout
    assert reader.stats.requests == 0
    done = typed("-s", "isolated", *model, *pair)
    assert "--show-prompt shows them and sends nothing" in done.stdout
    assert "This is simulated/follows-evidence." in done.stdout
