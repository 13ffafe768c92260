"""Between the stages: what a component returns is checked against what it was asked, in one line."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_evidence import BLOCK, relations

from core_harness import Evidence, estimate, evaluate
from core_harness.errors import PluginError
from core_harness.evaluation.checks import (
    check_dataset,
    check_evidence,
    check_predictions,
    check_prompts,
)
from core_harness.llm import PROMPTS
from core_harness.schemas import EVIDENCE, PREDICTIONS, Block
from core_harness_plugins.aggregators.constant import Constant
from core_harness_plugins.organizers.pair import IsolatedPair
from core_harness_plugins.organizers.voters import Voters
from core_harness_plugins.retrievers.kg import KnowledgeGraph

RELATED = relations(("P", "M", 0.5), ("P", "N", 0.0), ("Q", "N", 1.0))


def refusal(function: Any, *given: Any, **words: Any) -> str:
    with pytest.raises(PluginError) as caught:
        function(*given, **words)
    return str(caught.value)


# ---------------------------------------------------------------- dataset


def test_a_dataset_asks_one_of_the_known_questions_about_a_known_agent() -> None:
    fine = {"question": "de", "agent": "drug", "simulated": False}
    check_dataset(SimpleNamespace(**fine), "dataset 'd'")
    for change, message in (
        ({"question": "ko"}, "dataset 'd': unknown question 'ko' (known: de, dir)"),
        ({"agent": "virus"}, "dataset 'd': unknown agent 'virus' (known: drug, knockdown)"),
        ({"agent": None}, "dataset 'd': unknown agent 'None' (known: drug, knockdown)"),
        ({"simulated": "no"}, "dataset 'd': simulated is 'no'; it must be True or False"),
    ):
        assert refusal(check_dataset, SimpleNamespace(**{**fine, **change}), "dataset 'd'") == message


# ---------------------------------------------------------------- evidence


def evidence(pairs: pl.DataFrame = BLOCK.pairs, *, context: str = "a", **words: Any) -> Evidence:
    block = Block(context=context, pairs=pairs, support=BLOCK.support)
    return Evidence(block, words.pop("relations", RELATED), **words)


def chosen(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(EVIDENCE), orient="row")


def test_evidence_that_fits_is_handed_on_as_it_is() -> None:
    whole = evidence()
    for organized in (
        whole,
        whole.top(1, per_side=True),
        evidence(BLOCK.pairs.reverse()),
        evidence().top(0, per_side=True),
    ):
        assert check_evidence(organized, BLOCK, "x") is organized


@pytest.mark.parametrize(
    ("organized", "message"),
    [
        (None, "organizer 'o' returned NoneType, wanted an Evidence"),
        (
            evidence().about(pl.col("gene") == "G"),
            "evidence about 2 queries of 3, none for P on H in a; it must keep",
        ),
        (
            evidence(pl.concat([BLOCK.pairs, BLOCK.pairs[:1]])),
            "evidence about 4 queries of 3, two for P on G in a",
        ),
        (
            evidence(BLOCK.pairs.with_columns(pair_id=pl.Series([5, 6, 99], dtype=pl.UInt32))),
            "evidence about 3 queries of 3, none for Q on G in a",
        ),
        (
            evidence(pl.concat([BLOCK.pairs, BLOCK.pairs[:1].with_columns(pair_id=pl.lit(99, pl.UInt32))])),
            "one for pair_id 99, which was not asked",
        ),
        (evidence(BLOCK.pairs.with_columns(gene=pl.lit("G"))), "a query that it changed: P on G in a"),
        (evidence(context="b"), "returned evidence in 'b'; it was asked in 'a'"),
        (evidence(relations=relations(("P", "M", -1.0))), "a weight that is negative or not finite: P and M"),
        (
            evidence(chosen=chosen((9, "M", "a", "G", 1, 1.0))),
            "a row about a query that was not asked: pair_id 9, M on G in a",
        ),
        (
            evidence(chosen=chosen((5, "M", "a", "G", 1, float("nan")))),
            "a weight that is negative or not finite: pair_id 5",
        ),
        (
            evidence(chosen=chosen((5, "M", "a", "G", 0, 1.0))),
            "a row that is not in the support: pair_id 5, M on G in a",
        ),
        (evidence(chosen=chosen((5, "M", "a", "G", 1, 1.0)).drop("label")), "returned no column 'label'"),
    ],
)
def test_evidence_that_does_not(organized: Any, message: str) -> None:
    assert message in refusal(check_evidence, organized, BLOCK, "organizer 'o'")


# ---------------------------------------------------------------- prompts


def prompt(**changes: Any) -> pl.DataFrame:
    fine = {
        "prompt_id": 5,
        "sample": 0,
        "form": "yes-no",
        "system": "",
        "user": "?",
        "items": ["G"],
        "pair_ids": [5],
    }
    return pl.DataFrame([{**fine, **changes}], schema=dict(PROMPTS))


LIST = {"form": "yes-no-list", "items": ["G", "H"], "pair_ids": [5, 6]}
GRADES = {"form": "grades", "items": ["M", "N"], "pair_ids": []}


@pytest.mark.parametrize(
    "prompts",
    [
        prompt().clear(),
        pl.concat([prompt(), prompt(sample=1), prompt(prompt_id=6, items=["H"], pair_ids=[6])]),
        prompt(**LIST),
        prompt(**GRADES),
    ],
    ids=["none", "yes-no", "yes-no-list", "grades"],
)
def test_prompts_that_fit(prompts: pl.DataFrame) -> None:
    assert check_prompts(prompts, evidence(), "x").equals(prompts)


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        (prompt().drop("items"), "organizer 'o' returned no column 'items'"),
        (prompt(user=None), "a prompt without 'user': prompt_id 5, sample 0, form 'yes-no', items ['G']"),
        (prompt(pair_ids=None), "a prompt without 'pair_ids'"),
        (prompt(form="essay"), "a prompt of an unknown form: prompt_id 5, sample 0, form 'essay'"),
        (
            prompt(prompt_id=9, pair_ids=[9]),
            "a prompt whose id is none of a pair that was asked: prompt_id 9",
        ),
        (pl.concat([prompt(), prompt()]), "a prompt and sample twice: prompt_id 5, sample 0"),
        (prompt(items=[], pair_ids=[]), "a prompt without items"),
        (prompt(items=[" "]), "a prompt with an item without a name"),
        (prompt(items=[None]), "a prompt with an item without a name"),
        (prompt(**{**LIST, "items": ["G", "G"]}), "a prompt with an item twice"),
        (prompt(**{**LIST, "pair_ids": [5, 5]}), "a prompt with a pair twice, or null"),
        (prompt(**{**LIST, "pair_ids": [5, None]}), "a prompt with a pair twice, or null"),
        (prompt(**{**LIST, "pair_ids": [5]}), "a prompt with more or fewer items than pair_ids"),
        (prompt(**{**LIST, "form": "yes-no"}), "a 'yes-no' prompt with several items"),
        (prompt(**LIST, prompt_id=7), "a prompt whose id is none of its pair_ids: prompt_id 7"),
        (prompt(**{**LIST, "pair_ids": [5, 9]}), "a prompt about a pair that is none of its perturbation"),
        (prompt(**{**LIST, "pair_ids": [5, 7]}), "a prompt about a pair that is none of its perturbation"),
        (
            prompt(**{**GRADES, "pair_ids": [5, 6]}),
            "a 'grades' prompt with pair_ids, which its items are not",
        ),
        (prompt(**{**GRADES, "items": ["M", "X"]}), "a 'grades' prompt with an item that is no neighbour"),
        (
            prompt(**{**GRADES, "prompt_id": 7}),
            "a 'grades' prompt with an item that is no neighbour: prompt_id 7",
        ),
    ],
)
def test_prompts_that_do_not(prompts: pl.DataFrame, message: str) -> None:
    assert message in refusal(check_prompts, prompts, evidence(), "organizer 'o'")


# ---------------------------------------------------------------- predictions


def predictions(*scores: float | None, **columns: Any) -> pl.DataFrame:
    ids = BLOCK.pairs["pair_id"][: len(scores)]
    frame = pl.DataFrame({"pair_id": ids, "score": pl.Series(scores, dtype=pl.Float64)})
    return frame.with_columns(status=pl.lit("ok")).with_columns(**columns)


def test_predictions_that_fit_come_back_sorted() -> None:
    fine = predictions(0.0, None, 1.0)
    assert_frame_equal(check_predictions(fine.reverse(), BLOCK.pairs, "x", ranks=False), fine)
    ranked = predictions(-7.0, None, 1e9)
    assert_frame_equal(check_predictions(ranked, BLOCK.pairs, "x", ranks=True), ranked)
    assert check_predictions(fine, BLOCK.pairs, "x", ranks=False).schema == dict(PREDICTIONS)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            predictions(0.5),
            "aggregator 'g' returned 1 predictions for 3 pairs, none for P on H in a; it must return",
        ),
        (pl.concat([predictions(0.1, 0.2, 0.3)] * 2), "6 predictions for 3 pairs, two for P on G in a"),
        (
            predictions(0.5, 0.5, 1.5),
            "a score outside of 0 to 1, and does not say that its scores are ranks: 1.5 for Q on G in a",
        ),
        (predictions(0.5, float("nan"), 0.5), "a score that is not finite: nan for P on H in a"),
        (predictions(0.5, 0.5, 0.5, status=pl.lit(None, pl.String)), "no status: 0.5 for P on G in a"),
        (predictions(0.5, 0.5, 0.5, status=pl.lit(1)), "column 'status' is Int32, wanted String"),
    ],
)
def test_predictions_that_do_not(frame: pl.DataFrame, message: str) -> None:
    assert message in refusal(check_predictions, frame, BLOCK.pairs, "aggregator 'g'", ranks=False)


def test_ranks_are_finite_too() -> None:
    assert "not finite" in refusal(
        check_predictions, predictions(0.5, 0.5, float("inf")), BLOCK.pairs, "g", ranks=True
    )


# ---------------------------------------------------------------- where the pipeline calls them


def test_an_organizer_that_keeps_the_pairs_that_it_likes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Voters, "organize", lambda _, __, given: given.about(pl.col("pair_id") % 2 == 0))
    assert "organizer 'voters' returned evidence about" in refusal(evaluate, "simulated", "voting-one-step")


def test_a_retriever_that_names_what_was_not_measured_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = KnowledgeGraph.relate
    monkeypatch.setattr(KnowledgeGraph, "reads", "support")  # else what the honest one stored is found
    monkeypatch.setattr(
        KnowledgeGraph, "relate", lambda *given: honest(*given).with_columns(neighbour=pl.lit("nothing"))
    )
    assert "retriever 'kg' returned a neighbour that is no candidate" in refusal(
        evaluate, "simulated", "voting"
    )


def test_an_aggregator_says_that_its_scores_are_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Constant.predict
    monkeypatch.setattr(Constant, "predict", lambda *given: honest(*given).with_columns(pl.col("score") + 1))
    assert "'constant' returned a score outside of 0 to 1" in refusal(evaluate, "simulated", "constant")
    monkeypatch.setattr(Constant, "scores", "ranks", raising=False)
    (result,) = evaluate("simulated", "constant")
    assert (result.predictions["score"] > 1).all()


def test_prompts_are_checked_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = IsolatedPair.prompts
    monkeypatch.setattr(
        IsolatedPair, "prompts", lambda *given: honest(*given).with_columns(form=pl.lit("essay"))
    )
    words = {"model": "hosted_vllm/simulated", "parameters": {"llm": {"api_base": "http://127.0.0.1:9"}}}
    assert "organizer 'pair' returned a prompt of an unknown form" in refusal(
        estimate, "simulated", "isolated", **words
    )
