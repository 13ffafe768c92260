"""Who may learn from what."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import world

from core_harness.data.crossfit import examples, folds, out_of_fold
from core_harness.data.splits import blocks, limit_genes, only_evaluable, split_rows
from core_harness.errors import UsageError

worlds = st.builds(
    world,
    seed=st.integers(0, 99),
    perturbations=st.integers(8, 30),
    genes=st.integers(5, 15),
    contexts=st.sampled_from([("a",), ("a", "b")]),
)


@given(worlds)
def test_truth_is_put_aside_and_nothing_is_lost(rows: pl.DataFrame) -> None:
    split = split_rows(rows)
    assert "label" not in split.queries.columns
    assert split.support.height + split.queries.height == rows.height
    again = split.queries.join(split.truth, on="pair_id").drop("pair_id")
    test = rows.filter(pl.col("split") == "test").drop("split")
    assert again.equals(test.select(again.columns))


@given(worlds)
def test_blocks_are_whole_perturbations_with_their_own_context_as_support(rows: pl.DataFrame) -> None:
    split = split_rows(rows)
    made = list(blocks(split.queries, split.support))
    assert pl.concat([b.pairs for b in made]).sort("pair_id").equals(split.queries)
    for block in made:
        assert set(block.support["context"].unique()) <= {block.context}
        assert set(block.pairs["context"].unique()) == {block.context}
        assert not set(block.perturbations) & set(block.candidates)
    owners = [(b.context, p) for b in made for p in b.perturbations]
    assert len(owners) == len(set(owners))


@given(worlds, st.integers(1, 200), st.integers(0, 5))
def test_a_limit_draws_whole_genes_and_depends_on_the_seed_alone(
    rows: pl.DataFrame, pairs: int, seed: int
) -> None:
    split = split_rows(rows)
    part = limit_genes(split, pairs, seed=seed)
    assert part.queries.equals(limit_genes(split, pairs, seed=seed).queries)
    assert part.queries.height >= min(pairs, split.queries.height)
    whole = split.queries.join(part.queries, on=["context", "gene"], how="semi")
    assert part.queries.equals(whole)
    assert part.truth["pair_id"].equals(part.queries["pair_id"])


@given(worlds)
def test_only_evaluable_keeps_genes_with_both_classes(rows: pl.DataFrame) -> None:
    part = only_evaluable(split_rows(rows))
    labels = (
        part.queries.join(part.truth, on="pair_id")
        .group_by("context", "gene")
        .agg(pl.col("label").n_unique())
    )
    assert (labels["label"] == 2).all()


@given(worlds, st.integers(2, 5))
def test_folds_divide_perturbations_whatever_their_context(rows: pl.DataFrame, number: int) -> None:
    support = rows.drop("split")
    sizes = folds(support, number=number)["fold"].value_counts()["count"]
    assert sizes.sum() == support["perturbation"].n_unique()
    assert sizes.max() - (sizes.min() if len(sizes) == number else 0) <= 1  # type: ignore[operator]


@given(worlds)
def test_out_of_fold_sees_each_row_once_and_never_its_perturbation(rows: pl.DataFrame) -> None:
    support = rows.drop("split")
    seen = []
    for split in out_of_fold(support, number=3):
        assert not set(split.support["perturbation"]) & set(split.queries["perturbation"])
        seen.append(split.queries.drop("pair_id"))
    assert pl.concat(seen).sort("context", "perturbation", "gene").equals(support.drop("label"))


KEY = ["context", "perturbation", "gene"]


@given(worlds, st.sampled_from([("a",), ("a", "b")]), st.integers(0, 3))
def test_folds_of_a_context_leave_the_others_in_the_support(
    rows: pl.DataFrame, contexts: tuple[str, ...], seed: int
) -> None:
    """The cross-context regime: nothing is known of a perturbation in its context, all in the others."""
    support = rows.drop("split")
    seen = []
    for split in out_of_fold(support, number=3, seed=seed, contexts=contexts):
        (context,) = split.queries["context"].unique()
        own = split.support.filter(pl.col("context") == context)
        assert not set(own["perturbation"]) & set(split.queries["perturbation"])
        others = support.filter(pl.col("context") != context)
        assert split.support.filter(pl.col("context") != context).equals(others.select(split.support.columns))
        seen.append(split.queries.drop("pair_id"))
    asked = support.filter(pl.col("context").is_in(contexts))
    assert pl.concat(seen).sort(KEY).equals(asked.drop("label"))


@given(st.integers(0, 99), st.integers(0, 3))
def test_folds_are_the_same_in_both_regimes(world_seed: int, seed: int) -> None:
    rows = world(seed=world_seed, contexts=("a", "b")).drop("split")
    # a perturbation that was measured elsewhere only is in no fold
    rows = rows.with_columns(
        pl.when(pl.col("context") == "b").then(pl.col("perturbation") + "x").otherwise("perturbation")
    ).sort(KEY)
    alone = out_of_fold(rows.filter(pl.col("context") == "a"), number=4, seed=seed)
    beside = out_of_fold(rows, number=4, seed=seed, contexts=("a",))
    for strict, cross in zip(alone, beside, strict=True):
        assert strict.queries.equals(cross.queries)
        assert strict.truth.equals(cross.truth)


@pytest.mark.parametrize("number", [0, 1, 7])
def test_folds_need_perturbations(number: int) -> None:
    support = world(perturbations=8).filter(pl.col("split") == "train").drop("split")
    with pytest.raises(UsageError, match=f"{number} folds of 6 perturbations"):
        next(out_of_fold(support, number=number))


@given(worlds, st.data())
def test_examples_to_learn_from_leave_no_label_in_their_support(
    rows: pl.DataFrame, data: st.DataObject
) -> None:
    split = split_rows(rows)
    units = split.support.group_by("context").agg(pl.col("perturbation").n_unique())
    number = data.draw(st.integers(1, min(units["perturbation"].to_list()) - 1))
    asked_before = set(split.queries["pair_id"])
    for contexts, (drawn,) in examples(split, number, seed=data.draw(st.integers(0, 5))):
        support = split.support.filter(pl.col("context").is_in(contexts))
        assert len(contexts) == 1
        assert drawn.queries["perturbation"].n_unique() == number
        assert not set(drawn.queries["perturbation"]) & set(drawn.support["perturbation"])
        assert "label" not in drawn.queries.columns
        assert drawn.truth["pair_id"].equals(drawn.queries["pair_id"])
        assert not set(drawn.queries["pair_id"]) & asked_before
        asked_before |= set(drawn.queries["pair_id"])
        asked = drawn.queries.join(drawn.truth, on="pair_id").select(support.columns)
        assert pl.concat([asked, drawn.support]).sort(KEY).equals(support.sort(KEY))


@given(worlds, st.sampled_from([("a",), ("a", "b")]), st.data())
def test_examples_of_a_context_keep_what_they_did_elsewhere(
    rows: pl.DataFrame, contexts: tuple[str, ...], data: st.DataObject
) -> None:
    whole = split_rows(rows)
    split = replace(whole, queries=whole.queries.filter(pl.col("context").is_in(contexts)))
    asked = split.support.filter(pl.col("context").is_in(contexts))
    number = data.draw(st.integers(1, asked["perturbation"].n_unique() - 1))
    every = split.support["context"].unique().to_list()
    ((together, (drawn,)),) = examples(
        split, number, seed=data.draw(st.integers(0, 5)), support_contexts=every
    )
    assert together == set(asked["context"])
    units = drawn.queries.select("context", "perturbation").unique()
    assert units.height == units["perturbation"].n_unique() == number
    assert set(units["context"]) <= set(contexts)
    rest = split.support.join(units, on=["context", "perturbation"], how="anti")
    assert drawn.support.equals(rest)
