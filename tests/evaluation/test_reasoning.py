"""CORE-Reasoning and its neighbours in the pipeline: through litellm's real client, to a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from worlds import world

from core_harness import Result, estimate, evaluate
from core_harness.data.rates import gene_rate_of
from core_harness.data.splits import split_rows
from core_harness.errors import UsageError
from core_harness.llm import Settings
from core_harness.testing import TestServer
from core_harness.vocabulary import Control

pytestmark = pytest.mark.slow  # hundreds of calls through litellm in nearly every test

SMALL: dict[str, Any] = {"perturbations": 120, "genes": 40, "modules": 8}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def reader() -> Iterator[TestServer]:
    with TestServer(model="follows-evidence") as server:
        yield server


def run(server: TestServer, strategy: str, **choices: Any) -> Result:
    parameters = {
        "dataset": choices.pop("dataset", SMALL),
        "llm": {"api_base": server.url},
        "organizer": choices.pop("organizer", {}),
        "aggregator": choices.pop("aggregator", {}),
    }
    (result,) = evaluate(
        "simulated", strategy, model="hosted_vllm/simulated", parameters=parameters, **choices
    )
    return result


def reckoned(server: TestServer, strategy: str, organizer: dict[str, Any], **choices: Any) -> int:
    parameters = {"dataset": SMALL, "llm": {"api_base": server.url}, "organizer": organizer}
    found = estimate("simulated", strategy, model="hosted_vllm/simulated", parameters=parameters, **choices)
    return next(iter(found.values())).calls


def per_gene(result: Result) -> float:
    value = result.report.metrics["macro_gene_auroc"].value
    assert value is not None
    return value


def status(result: Result) -> dict[str, Any]:
    return dict(result.report.coverage.status)


PACKED = {"genes_per_prompt": 10}


def test_a_reader_of_the_contrast_is_above_chance_and_falls_to_it_without_the_labels(
    reader: TestServer,
) -> None:
    plain = run(reader, "reasoning", organizer=PACKED)
    broken = run(reader, "reasoning", organizer=PACKED, control="shuffled-labels", control_seeds=3)
    low = plain.report.metrics["macro_gene_auroc"].low
    assert low is not None
    assert low > 0.5
    assert abs(per_gene(broken) - 0.5) < 0.06
    assert broken.report.repeats == 3
    assert plain.simulated == broken.simulated == ("data", "answers")


def test_a_deaf_mind_is_not_moved_by_shuffled_labels() -> None:
    with TestServer(model="ignores-evidence") as server:
        plain = run(server, "reasoning", organizer=PACKED)
        broken = run(server, "reasoning", organizer=PACKED, control="shuffled-labels", control_seeds=2)
    answered = plain.predictions.filter(status="ok").select("pair_id", "score")
    same = broken.predictions.filter(status="ok").join(answered, on="pair_id", suffix="_plain")
    assert same.height > 100
    assert same["score"].to_list() == same["score_plain"].to_list()


def test_an_eager_mind_overestimates_and_is_at_chance() -> None:
    with TestServer(model="always-plausible") as server:
        result = run(server, "isolated", organizer=PACKED, dataset={}, only="evaluable")
    estimate_ = result.report.metrics["macro_gene_auroc"]
    assert estimate_.low is not None
    assert estimate_.high is not None
    assert estimate_.low < 0.5 < estimate_.high
    overestimation = result.report.metrics["overestimation"].value
    assert overestimation is not None
    assert overestimation > 2


@pytest.mark.parametrize(
    ("strategy", "organizer"),
    [
        ("reasoning", {"genes_per_prompt": 20}),
        ("flat", {"samples": 2}),
        ("few-shot", {"genes_per_prompt": 7, "samples": 2}),
        ("voting", {}),
        ("isolated", PACKED),
    ],
)
def test_the_dry_run_states_the_number_that_the_server_counts(
    strategy: str, organizer: dict[str, Any], reader: TestServer
) -> None:
    number = reckoned(reader, strategy, organizer)
    assert reader.stats.requests == 0
    run(reader, strategy, organizer=organizer)
    assert reader.stats.requests == reader.stats.distinct == number > 0


def test_the_dry_run_of_a_control_counts_all_its_seeds(reader: TestServer) -> None:
    control: Control = "shuffled-labels"
    number = reckoned(reader, "reasoning", PACKED, control=control, control_seeds=3)
    assert number > 2 * reckoned(reader, "reasoning", PACKED)
    result = run(reader, "reasoning", organizer=PACKED, control=control, control_seeds=3)
    assert result.asking is not None
    assert reader.stats.requests == number == result.asking.calls


def test_grades_take_one_prompt_a_perturbation_whatever_the_labels(reader: TestServer) -> None:
    result = run(reader, "voting", control="shuffled-labels", control_seeds=2)
    assert reader.stats.requests == result.predictions["perturbation"].n_unique() == 24
    assert status(result).keys() <= {"ok", "no_evidence"}


def test_grades_change_the_vote_and_their_failure_does_not_end_it() -> None:
    parameters = {"dataset": SMALL}
    (alone,) = evaluate("simulated", "voting", parameters=parameters)
    with TestServer(model="follows-evidence") as server:
        graded = run(server, "voting")
    with TestServer(model="follows-evidence", faults={"400": 1.0}) as server:
        failed = run(server, "voting")
    assert per_gene(graded) != per_gene(alone)
    assert status(graded) == status(alone)
    assert failed.predictions["score"].equals(alone.predictions["score"])
    assert failed.asking is not None
    assert failed.asking.failed + failed.asking.not_asked == 24


def test_a_pair_without_a_contrast_is_not_asked_and_has_its_genes_rate(reader: TestServer) -> None:
    result = run(reader, "reasoning")
    counts = status(result)
    assert counts["ok"] == reader.stats.requests
    assert counts["ok"] + counts["no_contrast"] == result.predictions.height
    fallen = result.predictions.filter(status="no_contrast")
    from core_harness_plugins.datasets.simulated import Simulated

    split = split_rows(Simulated(**SMALL).rows().sort("context", "perturbation", "gene"))
    wanted = gene_rate_of(fallen, split.support)
    assert fallen["score"].to_list() == pytest.approx(wanted.to_list())


def test_flat_shows_the_rows_of_reasoning(reader: TestServer) -> None:
    reasoning = run(reader, "reasoning", organizer={"genes_per_prompt": 10})
    flat = run(reader, "flat", organizer={"genes_per_prompt": 10})
    assert status(flat) == status(reasoning)
    pd = flat.predictions.join(reasoning.predictions, on="pair_id", suffix="_r")
    assert pd["score"].to_list() == pytest.approx(pd["score_r"].to_list(), abs=1e-6)


def test_one_side_alone_is_asked_about_the_same_pairs(reader: TestServer) -> None:
    plain = run(reader, "reasoning", organizer=PACKED)
    for control in ("positives-only", "negatives-only"):
        broken = run(reader, "reasoning", organizer=PACKED, control=control)
        assert status(broken) == status(plain)
        answered = broken.predictions.filter(status="ok")["score"]
        assert (answered > 0.5).all() if control == "positives-only" else (answered < 0.5).all()


@pytest.mark.parametrize("samples", [1, 2])
def test_a_mind_that_sides_with_the_first_group_is_at_chance_when_the_groups_are_swapped(
    samples: int,
) -> None:
    with TestServer(model="position-biased") as server:
        result = run(server, "reasoning", organizer={**PACKED, "samples": samples})
    answered = result.predictions.filter(status="ok")["score"].unique()
    assert answered.to_list() == pytest.approx([0.9 if samples == 1 else 0.5], abs=1e-6)
    only = result.report.metrics["macro_gene_auroc_ok_only"].value
    assert only == pytest.approx(0.5, abs=1e-3)


def test_anonymous_names_leave_a_reader_what_it_reads(reader: TestServer) -> None:
    plain = run(reader, "reasoning", organizer=PACKED)
    hidden = run(reader, "reasoning", organizer=PACKED, control="anonymised-names")
    assert hidden.report.repeats == 1
    assert hidden.predictions["perturbation"].equals(plain.predictions["perturbation"])
    assert status(hidden) == status(plain)
    both = hidden.predictions.join(plain.predictions, on="pair_id", suffix="_plain")
    # ties at the cut go by name, so that a few rows differ
    assert pl.Series(both["score"] - both["score_plain"]).abs().mean() < 0.01  # type: ignore[operator]
    assert abs(per_gene(hidden) - per_gene(plain)) < 0.02


def test_anonymous_names_do_not_move_the_vote() -> None:
    plain, hidden = (
        evaluate("simulated", "voting", control=control, parameters={"dataset": SMALL})[0]
        for control in (None, "anonymised-names")
    )
    assert hidden.predictions["score"].to_list() == pytest.approx(plain.predictions["score"].to_list())


def test_fused_learns_on_support_and_its_examples_are_counted(reader: TestServer) -> None:
    few = {"aggregator": {"examples": 30}, "organizer": PACKED}
    fused = run(reader, "fused", **few)
    asked = reader.stats.requests
    reasoning = run(reader, "reasoning", organizer=PACKED)
    assert reader.stats.requests == asked  # the queries' prompts were answered already
    assert fused.asking is not None
    assert reasoning.asking is not None
    assert fused.asking.prompts > reasoning.asking.prompts
    (vote,) = evaluate("simulated", "voting", parameters={"dataset": SMALL})
    by_vote = fused.predictions.join(vote.predictions, on="pair_id", suffix="_vote").filter(
        status="no_contrast"
    )
    assert by_vote["score"].to_list() == pytest.approx(by_vote["score_vote"].to_list())
    assert status(fused) == status(reasoning)
    assert per_gene(fused) > 0.6


def test_fused_without_answers_to_its_examples_has_no_score(reader: TestServer) -> None:
    result = run(reader, "fused", aggregator={"examples": 30}, asking=Settings(max_calls=0))
    assert status(result) == {"not_fitted": result.predictions.height}
    assert result.asking is not None
    assert result.asking.ended


def test_a_limit_ends_a_control_early_and_says_so(reader: TestServer) -> None:
    result = run(
        reader,
        "reasoning",
        organizer=PACKED,
        control="shuffled-labels",
        control_seeds=3,
        asking=Settings(max_calls=5),
    )
    assert reader.stats.requests == 5
    assert result.report.repeats == 1
    assert result.asking is not None
    assert result.asking.ended


def test_fused_needs_support_beside_its_examples(tmp_path: Path, reader: TestServer) -> None:
    world(perturbations=12).write_csv(tmp_path / "few.csv")
    with pytest.raises(UsageError, match="100 perturbations to learn from; the support of c has 9"):
        evaluate(
            f"table:{tmp_path / 'few.csv'}",
            "fused",
            model="hosted_vllm/simulated",
            retriever="random",
            parameters={"llm": {"api_base": reader.url}, "organizer": {"facts": 0}},
        )
    assert reader.stats.requests == 0
