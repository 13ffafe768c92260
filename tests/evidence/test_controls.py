"""Controls break one thing and leave the rest as it was."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from worlds import world

from core_harness import Result, evaluate
from core_harness.cli.commands.eval import eval_command
from core_harness.data.rates import gene_rate_of
from core_harness.data.splits import Split, blocks, split_rows
from core_harness.errors import UsageError
from core_harness.evaluation.checks import check_relations
from core_harness.evidence import controls
from core_harness.evidence.controls import CONTROLS, SEEDS
from core_harness.evidence.evidence import Evidence
from core_harness.schemas import Block
from core_harness.vocabulary import Control

DRAWN: list[Control] = ["shuffled-labels", "shuffled-listing", "random-neighbours", "swapped-perturbation"]
FIXED: list[Control] = ["positives-only", "negatives-only", "swapped-context", "anonymised-names"]


def block_of(split: Split) -> tuple[Block, pl.DataFrame]:
    """Return the only block of a split, with relations of all its queries."""
    (block,) = blocks(split.queries, split.support)
    names = pl.DataFrame({"perturbation": block.perturbations})
    others = pl.DataFrame({"neighbour": block.candidates[:5]})
    weight = pl.int_range(1, pl.len() + 1).cast(pl.Float64).alias("weight")
    return block, names.join(others, how="cross").with_columns(weight)


def voting(control: Control | None, dataset: str = "simulated") -> Result:
    (result,) = evaluate(dataset, "voting", control=control)
    return result


def per_gene(result: Result) -> float:
    value = result.report.metrics["macro_gene_auroc"].value
    assert value is not None
    return value


@given(st.integers(0, 99))
def test_random_neighbours_keep_weights_and_never_relate_a_perturbation_to_itself(seed: int) -> None:
    block, relations = block_of(split_rows(world(seed=seed)))
    drawn = controls.on_relations("random-neighbours", relations, block, seed=seed)
    kept = [name for name in relations.columns if name != "neighbour"]
    assert drawn.select(kept).equals(relations.sort("perturbation", "neighbour").select(kept))
    assert set(drawn["neighbour"]) <= set(block.candidates)
    assert not drawn.select("perturbation", "neighbour").is_duplicated().any()
    assert not (drawn["perturbation"] == drawn["neighbour"]).any()


@given(st.integers(0, 99), st.lists(st.booleans(), min_size=10, max_size=10))
def test_random_neighbours_are_drawn_in_the_contexts_that_relations_name(
    seed: int, named: list[bool]
) -> None:
    asked = pl.col("perturbation").str.ends_with(
        pl.when(pl.col("context") == "a").then(pl.lit("0")).otherwise(pl.lit("1"))
    )
    rows = world(seed=seed, contexts=("a", "b"), perturbations=10)
    split = split_rows(
        rows.with_columns(pl.when(asked).then(pl.lit("test")).otherwise(pl.lit("train")).alias("split"))
    )
    names = pl.DataFrame({"neighbour": [f"P{number:02}" for number in range(10)], "named": named})
    for block in blocks(split.queries, split.support, support_contexts=("a", "b")):
        units = block.support.select(pl.col("perturbation").alias("neighbour"), "context").unique()
        own = (pl.col("neighbour") == pl.col("perturbation")) & (pl.col("context") == block.context)
        every = (
            block.pairs.select("perturbation").unique().join(units.join(names, on="neighbour"), how="cross")
        )
        itself = pl.col("neighbour") == pl.col("perturbation")
        context = pl.when(pl.col("named") | itself).then("context").alias("neighbour_context")
        relations = every.filter(~own).select("perturbation", "neighbour", context).unique().sort(pl.all())
        relations = relations.with_columns(pl.int_range(pl.len()).cast(pl.Float64).alias("weight"))
        drawn = controls.on_relations("random-neighbours", relations, block, seed=seed)
        before, after = (
            Evidence(block, check_relations(frame, block, "x")).related() for frame in (relations, drawn)
        )
        by_context = ["perturbation", "context"]
        for what in (pl.len(), pl.col("weight").sort()):
            assert_frame_equal(
                *(frame.group_by(by_context).agg(what).sort(by_context) for frame in (before, after))
            )


@given(st.integers(0, 99), st.integers(0, 9))
def test_every_query_is_asked_as_of_another_perturbation_of_its_context(world_seed: int, seed: int) -> None:
    split = split_rows(world(seed=world_seed, contexts=("a", "b")))
    swapped = controls.on_queries("swapped-perturbation", split.queries, split.support, seed=seed)
    assert swapped.columns == split.queries.columns
    assert swapped.drop("perturbation").equals(split.queries.drop("perturbation"))
    assert not (swapped["perturbation"] == split.queries["perturbation"]).any()
    asked = split.queries.with_columns(swapped["perturbation"].alias("asked")).unique(
        ["context", "perturbation", "asked"]
    )
    for names in asked.partition_by("context"):  # one to one, and onto
        assert names["perturbation"].is_unique().all()
        assert set(names["asked"]) == set(names["perturbation"])
    assert swapped.equals(
        controls.on_queries("swapped-perturbation", split.queries, split.support, seed=seed)
    )


def test_perturbations_are_swapped_anew_by_each_seed() -> None:
    queries = split_rows(world(perturbations=40)).queries
    drawn = [controls.swap_perturbations(queries, seed=seed) for seed in range(3)]
    assert not drawn[0].equals(drawn[1])
    assert not drawn[1].equals(drawn[2])


@given(st.integers(0, 99))
def test_every_query_is_asked_in_the_next_context(seed: int) -> None:
    split = split_rows(world(seed=seed, contexts=("a", "b", "c")))
    swapped = controls.on_queries("swapped-context", split.queries, split.support, seed=0)
    assert swapped.drop("context").equals(split.queries.drop("context"))
    assert swapped["context"].to_list() == [
        {"a": "b", "b": "c", "c": "a"}[c] for c in split.queries["context"]
    ]


def test_contexts_are_swapped_for_those_that_have_support() -> None:
    rows = world(contexts=("a", "b", "c"))
    split = split_rows(rows.filter((pl.col("context") == "b") | (pl.col("split") == "test")))
    swapped = controls.swap_contexts(split.queries.filter(pl.col("context") != "b"), split.support)
    assert swapped["context"].unique().to_list() == ["b"]


@given(st.integers(0, 99), st.sampled_from([0, 1]))
def test_one_side_of_the_evidence_is_left_and_all_of_the_support(seed: int, label: int) -> None:
    block, relations = block_of(split_rows(world(seed=seed)))
    control: Control = "positives-only" if label else "negatives-only"
    whole = Evidence(block, relations)
    for evidence in (whole, whole.top(2, per_side=True)):
        left = controls.on_evidence(control, evidence)
        assert_frame_equal(left.rows(), evidence.rows().filter(label=label))
        assert left.support.equals(evidence.support)
        assert left.pairs.equals(evidence.pairs)
        kept, lost = ("pos", "neg") if label else ("neg", "pos")
        totals, wanted = left.totals(power=2), evidence.totals(power=2)
        assert_frame_equal(totals.select(f"n_{kept}", f"w_{kept}"), wanted.select(f"n_{kept}", f"w_{kept}"))
        assert totals.select(pl.sum_horizontal(f"n_{lost}", f"w_{lost}")).sum().item() == 0


@given(st.integers(0, 99))
def test_swapped_queries_make_blocks_in_order(seed: int) -> None:
    split = split_rows(world(seed=seed, contexts=("a", "b")))
    for control in ("swapped-perturbation", "swapped-context"):
        queries = controls.on_queries(control, split.queries, split.support, seed=seed)
        made = list(blocks(queries, split.support))
        assert sorted(i for block in made for i in block.pairs["pair_id"]) == list(range(queries.height))
        for block in made:
            assert block.pairs.equals(block.pairs.sort("perturbation", "gene"))


def test_no_control_changes_nothing() -> None:
    split = split_rows(world())
    block, relations = block_of(split)
    evidence = Evidence(block, relations)
    assert controls.on_queries(None, split.queries, split.support, seed=0) is split.queries
    assert controls.on_support(None, split.support, seed=0) is split.support
    assert controls.on_relations(None, relations, block, seed=0) is relations
    assert controls.on_evidence(None, evidence) is evidence
    empty = relations.clear()
    assert controls.on_relations("random-neighbours", empty, block, seed=0).is_empty()


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_changes_one_thing(control: Control) -> None:
    split = split_rows(world(perturbations=40, contexts=("a", "b")))
    block, relations = block_of(split_rows(world()))
    evidence = Evidence(block, relations)
    changed = [
        not controls.on_queries(control, split.queries, split.support, seed=0).equals(split.queries),
        not controls.on_support(control, split.support, seed=0).equals(split.support),
        not controls.on_relations(control, relations, block, seed=0).equals(relations),
        controls.on_evidence(control, evidence) is not evidence,
        controls.on_names(control, split, seed=0) is not None,
    ]
    assert sum(changed) == 1


def test_what_draws_is_run_with_twenty_seeds_and_the_rest_once() -> None:
    assert {*DRAWN, *FIXED} == {*CONTROLS}
    assert {controls.repeats(control) for control in DRAWN} == {SEEDS} == {20}
    assert {controls.repeats(control) for control in (None, *FIXED)} == {1}


@pytest.mark.parametrize(
    ("control", "rows", "message"),
    [
        ("swapped-context", world(), "needs another context with support than c"),
        (
            "swapped-context",
            world(contexts=("a", "b")).filter((pl.col("context") == "a") | (pl.col("split") == "test")),
            "needs another context with support than a",
        ),
        (
            "swapped-perturbation",
            world(contexts=("a", "b")).filter(
                (pl.col("context") == "a") | (pl.col("split") == "train") | (pl.col("perturbation") == "P00")
            ),
            "needs two query perturbations in a context, and b has one",
        ),
    ],
    ids=["one context", "one context with support", "one perturbation"],
)
def test_a_swap_without_another_is_refused(control: Control, rows: pl.DataFrame, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        controls.check_fits(control, split_rows(rows))


def test_a_refused_control_leaves_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="than simulated; name one with --support-contexts"):
        evaluate("simulated", "voting", control="swapped-context", out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.parametrize("control", DRAWN)
def test_voting_without_its_evidence_is_at_chance(control: Control) -> None:
    result = voting(control)
    assert result.report.repeats == 20
    assert result.report.reliability == ()
    assert result.predictions["seed"].n_unique() == 20
    assert per_gene(result) == pytest.approx(0.5, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("control", ["positives-only", "negatives-only"])
def test_voting_with_one_side_knows_less_than_with_both(control: Control) -> None:
    plain, result = voting(None), voting(control)
    assert result.report.repeats == 1
    assert "seed" not in result.predictions.columns
    assert result.report.metrics["macro_gene_auroc"].low is not None
    assert 0.6 < per_gene(result) < per_gene(plain) - 0.005


def test_in_another_context_a_gene_has_the_rate_it_has_there(tmp_path: Path) -> None:
    rows = world(perturbations=40, contexts=("a", "b"))
    rows.write_csv(tmp_path / "two.csv")
    (result,) = evaluate(f"table:{tmp_path / 'two.csv'}", "gene-frequency", control="swapped-context")
    split = split_rows(rows)
    there = split.queries.with_columns(pl.col("context").replace({"a": "b", "b": "a"}))
    asked = result.predictions.sort("pair_id")
    assert asked.select(split.queries.columns).equals(
        split.queries
    )  # the truth is about the pairs themselves
    assert asked["score"].to_list() == pytest.approx(gene_rate_of(there, split.support).to_list())
    assert asked["score"].to_list() != gene_rate_of(split.queries, split.support).to_list()


def test_help_names_every_control() -> None:
    (option,) = (parameter for parameter in eval_command.params if parameter.name == "control")
    for control in CONTROLS:
        assert control in str(getattr(option, "help", ""))
