"""The two-step vote as a strategy: without one of its steps, in other contexts, under controls."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_runs import SMALL
from small_votes import CONTEXTS, NO_ANSWERS, method_of, predicted, shown_to, task_of, three_contexts
from worlds import world

from core_harness import Evidence, evaluate
from core_harness.data.splits import split_rows
from core_harness.evaluation.checks import check_relations
from core_harness.evidence.controls import CONTROLS
from core_harness.evidence.elsewhere import alike_elsewhere, elsewhere_of, worth
from core_harness.evidence.responses import Responses, responses_of
from core_harness.vocabulary import Control, Question
from core_harness_plugins.aggregators.vote import Vote
from core_harness_plugins.organizers.responders import Responders

SEEDS = st.integers(0, 30)
VOTE = Vote(power=1.0, shrinkage=0.01)


@given(SEEDS, st.sampled_from([1.0, 2.0, 3.5]), st.sampled_from(["de", "dir"]))
def test_without_its_second_step_relatives_vote_by_their_share(
    seed: int, power: float, question: Question
) -> None:
    task = task_of(question)
    (first,) = shown_to(method_of("voting-one-step"), world(seed=seed), task).evidence
    weight = pl.col("weight") ** power
    relations = first.relations.with_columns((weight / weight.sum().over("perturbation")).alias("weight"))
    one = VOTE.predict(task, Evidence(first.block, relations), NO_ANSWERS)
    organized = Responders(second_step=0, power=power).organize(task, first)
    assert_frame_equal(VOTE.predict(task, organized, NO_ANSWERS), one, rel_tol=1e-9)


@given(SEEDS)
def test_with_its_second_step_alone_relatives_have_no_part_of_their_own(seed: int) -> None:
    (evidence,) = shown_to(
        method_of("voting", organizer={"second_step": 1.0}), world(seed=seed), task_of()
    ).evidence
    assert evidence.relations["direct"].to_list() == [0.0] * evidence.relations.height
    assert evidence.relations.filter(pl.col("weight") > 0)["via"].null_count() == 0


@given(SEEDS, st.floats(0, 1))
def test_weights_of_a_query_sum_to_one_where_both_steps_find_any(seed: int, share: float) -> None:
    method = method_of("voting", organizer={"second_step": share, "elsewhere": 0.2})
    for contexts in ((), CONTEXTS):
        for evidence in shown_to(method, three_contexts(seed), task_of(contexts=contexts)).evidence:
            own = evidence.relations.filter(pl.col("neighbour_context") == evidence.block.context)
            assert own.height
            sums = own.group_by("perturbation").agg(pl.col("weight").sum())["weight"].to_list()
            assert sums == pytest.approx([1.0] * len(sums))


def test_any_retriever_will_do() -> None:
    for retriever in ("kg", "random", "symbol"):
        (result,) = evaluate("simulated", "voting", retriever=retriever, parameters=SMALL)
        assert result.predictions["score"].null_count() == 0
    (alone,) = evaluate("simulated", "voting", retriever="none", parameters=SMALL)
    assert set(alone.predictions["status"]) == {"no_evidence"}
    (elsewhere,) = shown_to(
        method_of("voting", retriever="response"), split_in("a"), task_of(contexts=CONTEXTS)
    ).evidence
    assert elsewhere.relations.filter(pl.col("weight") > 0).height


def split_in(context: str) -> pl.DataFrame:
    """Return a world of three contexts in which questions are of one only."""
    other = (pl.col("split") == "test") & (pl.col("context") != context)
    return three_contexts().filter(~other)


def said_elsewhere(support: pl.DataFrame, own: Responses, names: pl.Series) -> Any:
    found = elsewhere_of(support, own, names, context="a", question="de", factors=4, power=2.0)
    return alike_elsewhere(list(found), own, len(names))


@given(SEEDS)
def test_contexts_are_averaged_by_their_worth(seed: int) -> None:
    split = split_rows(three_contexts(seed))
    own = responses_of(split.support.filter(context="a"), "de", factors=4)
    names = split.queries.filter(context="a")["perturbation"].unique().sort()
    units = own.units["perturbation"]
    total, worths = np.zeros((len(names), len(units))), np.zeros((len(names), 1))
    alike = {}
    for context in CONTEXTS:
        rows = split.support.filter(context=context)
        of = responses_of(rows, "de", factors=4)
        found = dict(zip(of.units["perturbation"], of.profiles, strict=True))
        nothing = np.zeros(of.profiles.shape[1])
        sides = [
            np.array([found.get(n, nothing) for n in side.to_list()])
            for side in (pl.concat([names, units]), units)
        ]
        length = [np.linalg.norm(side, axis=1) for side in sides]
        cosine = sides[0] @ sides[1].T / np.maximum(np.outer(*length), 1e-12)
        alike[context] = np.clip(cosine, 0, None) ** 2
    for context in ("b", "c"):
        weight = worth(alike["a"][len(names) :], alike[context][len(names) :])
        part = alike[context][: len(names)]
        part[names.to_numpy()[:, None] == units.to_numpy()[None, :]] = 0
        size = part.sum(axis=1, keepdims=True)
        total += weight * np.divide(part, size, out=np.zeros_like(part), where=size > 0)
        worths += weight * (size > 0)
    expected = np.divide(total, worths, out=np.zeros_like(total), where=worths > 0)
    said = said_elsewhere(split.support, own, names)
    assert said == pytest.approx(expected, abs=1e-9)


@given(SEEDS)
def test_two_equal_contexts_say_what_one_says(seed: int) -> None:
    one = split_rows(three_contexts(seed)).support.filter(pl.col("context") != "c")
    twin = one.filter(context="b").with_columns(context=pl.lit("c"))
    own = responses_of(one.filter(context="a"), "de", factors=4)
    names = one.filter(context="b")["perturbation"].unique().sort()
    found, twice = (said_elsewhere(support, own, names) for support in (one, pl.concat([one, twin])))
    assert twice == pytest.approx(found, abs=1e-12)


def test_a_context_is_worth_its_correlation_and_never_less_than_nothing() -> None:
    rng = np.random.default_rng(0)
    within = rng.random((9, 9))
    assert worth(within, within) == pytest.approx(1)
    assert worth(within, 1.5 - within) == 0
    assert worth(within, np.ones((9, 9))) == 0
    assert worth(within, np.zeros((9, 9))) == 0
    unmeasured = within.copy()
    unmeasured[4], unmeasured[:, 4] = 0, 0
    kept = np.delete(np.delete(within, 4, 0), 4, 1)
    noise = rng.random((9, 9))
    assert worth(noise, unmeasured) == pytest.approx(worth(np.delete(np.delete(noise, 4, 0), 4, 1), kept))


@given(SEEDS, st.sampled_from([0.03, 0.2]))
def test_a_perturbation_speaks_for_itself_from_other_contexts(seed: int, itself: float) -> None:
    method = method_of("voting", organizer={"itself": itself})
    rows = three_contexts(seed)
    for evidence in shown_to(method, rows, task_of(contexts=CONTEXTS)).evidence:
        own = evidence.relations.filter(pl.col("perturbation") == pl.col("neighbour"))
        assert evidence.block.context not in own["neighbour_context"].to_list()
        by = own.group_by("perturbation").agg(pl.col("weight").sum(), pl.len())
        assert by["weight"].to_list() == pytest.approx([itself] * by.height)
        assert by["len"].to_list() == [2] * by.height  # what is asked in one is trained on in the others
        others = evidence.relations.filter(pl.col("perturbation") != pl.col("neighbour"))
        assert set(others["neighbour_context"]) == {evidence.block.context}


@given(SEEDS)
def test_what_was_measured_nowhere_else_is_scored_as_without_support_contexts(seed: int) -> None:
    rows = three_contexts(seed)
    asked = rows.filter(pl.col("split") == "test").select("perturbation").unique()
    alone = asked.sort("perturbation").head(asked.height // 2)
    elsewhere = rows.join(alone, on="perturbation", how="semi").filter(pl.col("split") == "train")
    rows = rows.join(elsewhere, on=["context", "perturbation"], how="anti").sort(rows.columns[:3])
    blocks = [
        list(shown_to(method_of("voting-one-step"), rows, task_of(contexts=contexts)).evidence)
        for contexts in ((), CONTEXTS)
    ]
    for one, other in zip(*blocks, strict=True):
        task, relations = task_of(), one.relations  # a random retriever goes by its candidates
        own, cross = (
            VOTE.predict(task, Responders().organize(task, Evidence(of.block, relations)), NO_ANSWERS)
            for of in (one, other)
        )
        unmeasured = one.pairs["perturbation"].is_in(alone["perturbation"].implode())
        same = own.filter(unmeasured)["score"].to_list()
        assert cross.filter(unmeasured)["score"].to_list() == pytest.approx(same, abs=1e-9)
        apart = own.filter(~unmeasured)["score"] - cross.filter(~unmeasured)["score"]
        assert apart.is_empty() or (apart.abs() > 1e-3).any()


def test_in_a_context_without_support_the_perturbation_and_its_relatives_vote_from_elsewhere() -> None:
    unseen = three_contexts().with_columns(
        split=pl.when(pl.col("context") == "a").then(pl.lit("test")).otherwise(pl.lit("train"))
    )
    own = predicted(method_of("voting"), unseen, task_of())
    assert set(own["status"]) == {"no_evidence"}
    method, task = method_of("voting"), task_of(contexts=("b", "c"))
    (evidence,) = shown_to(method, unseen, task).evidence
    itself = (pl.col("perturbation") == pl.col("neighbour")).alias("itself")
    sums = evidence.relations.group_by("perturbation", itself).agg(pl.col("weight").sum())
    assert sums["weight"].to_list() == pytest.approx([1.0] * sums.height)
    cross = evidence.pairs.join(predicted(method, unseen, task), on="pair_id")
    elsewhere = unseen.filter(split="train").group_by("perturbation", "gene")
    did = elsewhere.agg(pl.col("label").mean().alias("did"))
    scores = cross.join(did, on=["perturbation", "gene"]).group_by("did").agg("score").sort("did")["score"]
    assert [max(few) < min(many) for few, many in itertools.pairwise(scores)] == [True, True]


@given(SEEDS)
def test_grades_weigh_both_steps_and_leave_the_direct_part_a_part(seed: int) -> None:
    (evidence,) = shown_to(method_of("voting"), world(seed=seed), task_of()).evidence
    rng = np.random.default_rng(seed)
    neighbours = evidence.neighbours().select("perturbation", "neighbour")
    grades = neighbours.with_columns(pl.Series("grade", rng.random(neighbours.height)))
    graded = evidence.reweigh(grades)
    check_relations(graded.relations, graded.block, "graded")
    unit = ["pair_id", "neighbour"]
    rows = evidence.rows().join(graded.rows(), on=unit, suffix="_graded")
    assert rows.height
    shares = [rows["direct" + end] / rows["weight" + end] for end in ("", "_graded")]
    assert shares[1].to_list() == pytest.approx(shares[0].to_list())


@pytest.mark.parametrize("strategy", ["voting", pytest.param("voting-learned", marks=pytest.mark.slow)])
@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_runs(control: Control, strategy: str, tmp_path: Path) -> None:
    choices: dict[str, Any] = {"control": control, "control_seeds": 2}
    if control == "swapped-context":
        three_contexts().write_csv(tmp_path / "three.csv")
        dataset = f"table:{tmp_path / 'three.csv'}"
        choices |= {"retriever": "random", "support_contexts": CONTEXTS}
    else:
        dataset, choices["parameters"] = "simulated", SMALL
    (result,) = evaluate(dataset, strategy, **choices)
    assert result.predictions["score"].is_between(0, 1).all()
    assert result.predictions["score"].null_count() == 0
