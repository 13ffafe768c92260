"""Regimes: what the support of a query may hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_votes import task_of
from worlds import world

from core_harness import evaluate
from core_harness.data.crossfit import examples
from core_harness.data.rates import gene_rate_in, gene_rate_of, gene_rates, known_of
from core_harness.data.splits import AWAY, blocks, hold_out_genes, only_unseen, split_rows
from core_harness.errors import UsageError
from core_harness.evaluation.spec import RunSpec


@given(st.integers(0, 50), st.floats(0.05, 0.9), st.integers(0, 5))
def test_held_out_genes_have_no_support_and_only_they_are_asked(
    world_seed: int, share: float, seed: int
) -> None:
    split = split_rows(world(seed=world_seed, contexts=("a", "b")))
    part = hold_out_genes(split, share, seed=seed)
    asked = set(part.queries["gene"])
    assert asked
    assert not asked & set(part.support["gene"])
    assert set(split.support["gene"]) - set(part.support["gene"]) <= asked
    assert part.queries.equals(hold_out_genes(split, share, seed=seed).queries)
    assert part.truth["pair_id"].equals(part.queries["pair_id"])


def test_named_contexts_join_the_support_of_every_block() -> None:
    split = split_rows(world(contexts=("a", "b", "c")))
    for block in blocks(split.queries, split.support, support_contexts=("b",)):
        assert set(block.support["context"].unique()) == {block.context, "b"}


@given(st.integers(0, 50))
def test_an_unseen_context_is_answered_from_the_others_and_every_query_is_of_one_kind(seed: int) -> None:
    contexts = ("a", "b", "c")
    split = split_rows(world(seed=seed, contexts=contexts))
    parts = {regime: only_unseen(split, regime, support_contexts=contexts) for regime in AWAY}
    asked = pl.concat([part.queries for part in parts.values()])["pair_id"]
    assert asked.sort().to_list() == split.queries["pair_id"].to_list()
    for regime, part in parts.items():
        for block in blocks(part.queries, part.support, regime=regime, support_contexts=contexts):
            assert block.context not in set(block.support["context"])
            known = set(block.perturbations) & set(block.candidates)
            assert known == (set(block.perturbations) if regime == "unseen-context" else set())


def test_a_context_that_is_no_support_lends_none(tmp_path: Path) -> None:
    split = split_rows(world(contexts=("a", "b", "c")))
    part = only_unseen(split, "unseen-context", support_contexts=("b",))
    assert set(part.support["context"]) == {"b"}
    assert set(part.queries["context"]) <= {"a", "c"}


def test_what_is_learnt_for_an_unseen_context_is_learnt_from_the_others_alone() -> None:
    contexts = ("a", "b", "c")
    split = split_rows(world(contexts=contexts))
    drawn = list(examples(split, None, seed=0, regime="unseen-context", support_contexts=contexts))
    assert [set(asked) for asked, _ in drawn] == [{"a"}, {"b"}, {"c"}]
    for asked, parts in drawn:
        assert len(parts) == 2
        for part in parts:
            assert set(part.queries["context"]) | set(part.support["context"]) == {*contexts} - asked
            assert not set(part.queries["context"]) & set(part.support["context"])
    with pytest.raises(UsageError, match="needs 2 or more other contexts where its own is unseen"):
        list(examples(split, None, seed=0, regime="unseen-context", support_contexts=("a", "b")))


def test_examples_of_an_unseen_context_are_as_many_as_asked_for_and_of_its_regime() -> None:
    contexts = ("a", "b", "c")
    split = split_rows(world(contexts=contexts))
    for regime in AWAY:
        for _, parts in examples(split, 2, seed=1, regime=regime, support_contexts=contexts):
            for part in parts:
                asked, elsewhere = set(part.queries["perturbation"]), set(part.support["perturbation"])
                assert 1 <= len(asked) <= 2
                assert asked & elsewhere == (asked if regime == "unseen-context" else set())


def test_rates_of_an_unseen_context_are_those_of_the_others_alone() -> None:
    split = split_rows(world(contexts=("a", "b")))
    part = only_unseen(split, "unseen-both", support_contexts=("a", "b"))
    rate = part.queries.with_columns(gene_rate_in(part, part.queries).alias("rate"))
    swapped = pl.col("context").replace({"a": "b", "b": "a"})
    others = part.queries.with_columns(swapped)
    assert rate["rate"].to_list() == pytest.approx(gene_rate_of(others, part.support).to_list())
    both = known_of(part.queries.with_columns(pl.lit("c").alias("context")), part.support)
    rates = gene_rates(both.filter(context="c"), unlisted_weight=0.03)
    assert rates["rate"].is_between(0, 1).all()
    assert (rates["measured"] <= both.filter(context="c").select("perturbation").n_unique()).all()


@pytest.mark.parametrize("strategy", ["gene-frequency", "voting-one-step", "voting", "potency"])
def test_methods_answer_in_an_unseen_context(tmp_path: Path, strategy: str) -> None:
    dataset, others = table(tmp_path), ("a", "b")
    wanted: dict[str, Any] = {"regime": "unseen-context", "support_contexts": others, "retriever": "random"}
    (known,) = evaluate(dataset, strategy, **wanted)
    assert known.report.coverage.scored == known.report.coverage.pairs
    assert known.as_dict()["regime"] == "unseen-context"
    with pytest.raises(UsageError, match="has no query for the regime unseen-both"):
        evaluate(dataset, strategy, regime="unseen-both", support_contexts=others)


@pytest.mark.parametrize(
    ("words", "regime"),
    [
        ({}, "unseen-perturbation"),
        ({"support_contexts": ("b",)}, "cross-context"),
        ({"gene_holdout": 0.2}, "unseen-gene"),
        ({"gene_holdout": 0.2, "regime": "unseen-gene"}, "unseen-gene"),
        ({"support_contexts": ("b",), "regime": "unseen-context"}, "unseen-context"),
    ],
)
def test_the_regime_is_what_the_options_amount_to(words: dict[str, object], regime: str) -> None:
    assert RunSpec(**words).effective_regime == regime  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"regime": "cross-context"}, "regime 'cross-context' needs --support-contexts"),
        ({"regime": "unseen-gene"}, "regime 'unseen-gene' needs --gene-holdout"),
        ({"regime": "unseen-both"}, "regime 'unseen-both' needs --support-contexts"),
        (
            {"regime": "unseen-perturbation", "gene_holdout": 0.2},
            "regime 'unseen-perturbation' does not go with --gene-holdout",
        ),
        ({"support_contexts": ("b",), "gene_holdout": 0.2}, "are two regimes; choose one"),
        ({"gene_holdout": 1.5}, "it is a share between 0 and 1"),
    ],
)
def test_options_that_exclude_each_other_are_one_line(words: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        RunSpec(**words)  # type: ignore[arg-type]
    assert message in str(caught.value)


def table(tmp_path: Path) -> str:
    """Write a world in which the test perturbations of one context are measured in the other's train rows."""
    here = world(contexts=("a", "b"), perturbations=30, genes=20)
    asked = pl.when(pl.col("context") == "a").then(pl.lit("0")).otherwise(pl.lit("1"))
    split = (
        pl.when(pl.col("perturbation").str.slice(-1) == asked).then(pl.lit("test")).otherwise(pl.lit("train"))
    )
    here.with_columns(split.alias("split")).write_csv(tmp_path / "t.csv")
    return f"table:{tmp_path / 't.csv'}"


def test_a_context_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown context 'c' \(known: a, b\)"):
        evaluate(table(tmp_path), "constant", support_contexts=("c",))


def test_responses_elsewhere_relate_perturbations(tmp_path: Path) -> None:
    (result,) = evaluate(table(tmp_path), "voting", retriever="response", support_contexts=("a", "b"))
    assert result.task.regime == "cross-context"
    assert result.task.support_contexts == ("a", "b")
    assert (result.predictions["status"] == "ok").any()
    with pytest.raises(UsageError, match="name some with --support-contexts"):
        evaluate(table(tmp_path), "voting", retriever="response")


def test_profiles_that_agree_weigh_more_than_profiles_that_do_not() -> None:
    from core_harness.schemas import Block
    from core_harness_plugins.retrievers.response import ResponseProfiles

    genes = [f"G{g:02}" for g in range(40)]
    patterns = {"P": "0011", "LIKE": "0011", "ODD": "0101", "ANTI": "1100"}
    rows = [("b", p, g, int(pattern[i % 4])) for p, pattern in patterns.items() for i, g in enumerate(genes)]
    own = [("a", p, "G00", 1) for p in patterns if p != "P"]
    schema = {"context": pl.String, "perturbation": pl.String, "gene": pl.String, "label": pl.UInt8}
    support = pl.DataFrame(rows + own, schema=schema, orient="row").sort("context", "perturbation", "gene")
    pairs = pl.DataFrame({"pair_id": [0], "context": ["a"], "perturbation": ["P"], "gene": ["G00"]})
    task = task_of(contexts=("b",))
    related = ResponseProfiles().relate(task, Block(context="a", pairs=pairs, support=support))
    weights = dict(related.select("neighbour", "weight").iter_rows())
    assert weights["LIKE"] > weights.get("ODD", 0.0)
    assert "ANTI" not in weights
    assert "P" not in weights


def test_without_support_for_the_gene_voting_is_at_chance() -> None:
    (result,) = evaluate("simulated", "voting", gene_holdout=0.3)
    assert result.report.metrics["macro_gene_auroc"].value == 0.5
    assert set(result.predictions["status"]) == {"no_evidence"}
