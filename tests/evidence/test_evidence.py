"""Evidence: what totals, rows and cuts say is what a loop over the definition says."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_evidence import World, rows_of, totals_of, worlds

from core_harness.errors import PluginError
from core_harness.evidence.evidence import Evidence
from core_harness.schemas import EVIDENCE, RELATIONS, TOTALS

NAMES = ["perturbation", "neighbour"]


@given(worlds(), st.sampled_from([None, "near", "alike"]), st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_totals_by_product_by_rows_and_by_hand(world: World, layer: str | None, power: float) -> None:
    evidence = world.evidence()
    by_product = evidence.totals(layer=layer, power=power)
    by_rows = evidence.top(len(world.support), per_side=False).totals(layer=layer, power=power)
    by_hand = totals_of(world, layer, power)
    assert by_product.schema == dict(TOTALS)
    assert_frame_equal(by_product, by_hand, abs_tol=1e-12)
    assert_frame_equal(by_rows, by_hand, abs_tol=1e-12)


@given(worlds())
def test_rows_are_the_definition_best_first(world: World) -> None:
    expected = sorted(rows_of(world), key=lambda row: (row[0], -row[5], row[1], row[2]))
    rows = world.evidence().rows()
    assert rows.select(*EVIDENCE).rows() == expected
    assert rows.select(*EVIDENCE).schema == dict(EVIDENCE)


@given(worlds())
def test_a_perturbation_is_no_evidence_about_itself(world: World) -> None:
    rows = world.evidence().rows().join(world.evidence().pairs, on="pair_id")
    assert rows.filter(neighbour=pl.col("perturbation"), context=pl.col("context_right")).is_empty()


@given(worlds())
def test_rows_say_what_each_layer_says_and_through_whom_they_came(world: World) -> None:
    name_of = {number: name for number, name, _ in world.pairs}
    for row in world.evidence().rows().iter_rows(named=True):
        _, near, alike = world.weights(name_of[row["pair_id"]], row["neighbour"], row["context"])
        assert row["layers"] == {"near": near, "alike": alike}
        assert row["via"] == f"via {row['neighbour']}"


@given(worlds(), st.integers(0, 4), st.booleans())
def test_a_cut_keeps_the_best(world: World, k: int, per_side: bool) -> None:
    taken: Counter[tuple[int, int]] = Counter()
    best = []
    for row in world.evidence().rows().iter_rows(named=True):
        group = (row["pair_id"], row["label"] if per_side else -1)
        taken[group] += 1
        if taken[group] <= k:
            best.append(row)
    assert world.evidence().top(k, per_side=per_side).rows().to_dicts() == best


@given(worlds(), st.integers(0, 4), st.integers(0, 4), st.booleans())
def test_a_cut_of_a_cut_is_the_smaller_cut(world: World, k: int, other: int, per_side: bool) -> None:
    evidence = world.evidence()
    twice = evidence.top(k, per_side=per_side).top(other, per_side=per_side)
    assert_frame_equal(twice.rows(), evidence.top(min(k, other), per_side=per_side).rows())


@given(worlds(), st.sampled_from([0, 1]), st.integers(0, 4))
def test_one_side_is_the_rows_of_one_label(world: World, label: int, k: int) -> None:
    evidence = world.evidence()
    for whole in (evidence, evidence.top(k, per_side=False)):
        side = whole.one_side(label)
        assert_frame_equal(side.rows(), whole.rows().filter(label=label))
        assert side.block is whole.block
        assert side.one_side(1 - label).rows().is_empty()
    best_of_side = evidence.one_side(label).top(k, per_side=False).rows()
    assert_frame_equal(best_of_side, evidence.top(k, per_side=True).one_side(label).rows())


@given(worlds(), st.integers(0, 4))
def test_the_order_of_rows_changes_no_byte(world: World, k: int) -> None:
    one, other = world.evidence(), world.evidence(turned=True)
    assert_frame_equal(one.rows(), other.rows(), check_exact=True)
    for mine, theirs in ((one, other), (one.top(k, per_side=True), other.top(k, per_side=True))):
        for layer in (None, "near"):
            totals = [evidence.totals(layer=layer, power=2).sort("pair_id") for evidence in (mine, theirs)]
            assert_frame_equal(*totals, check_exact=True)


def test_relations_need_not_say_more_than_how_related() -> None:
    world = World({("hepg2", "m0", "g0"): 1}, [(0, "q0", "g0")], {("q0", "m0", None): (0.5, None, None)})
    evidence = world.evidence()
    bare = Evidence(evidence.block, evidence.relations.select(*RELATIONS))
    assert evidence.layers == ["near", "alike"]
    assert bare.layers == []
    assert bare.rows().columns == list(EVIDENCE)
    assert_frame_equal(bare.totals(), evidence.totals())


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(PluginError, match=r"evidence has no layer 'far' \(layers: near, alike\)"):
        World({}, [], {}).evidence().totals(layer="far")


def test_a_weight_of_0_is_no_evidence_whatever_its_layers_say() -> None:
    support = {("hepg2", "m0", "g0"): 1, ("hepg2", "m1", "g0"): 1}
    world = World(
        support,
        [(0, "q0", "g0")],
        {("q0", "m0", None): (0.0, 1.0, 1.0), ("q0", "m1", None): (1.0, 0.5, None)},
    )
    for one in (world.evidence(), world.evidence().top(9, per_side=False)):
        assert one.rows()["neighbour"].to_list() == ["m1"]
        assert one.totals(layer="near").rows() == [(0, 1, 0, 0.5, 0.0, 0.5)]
        assert one.totals(layer="alike", power=0).rows() == [(0, 0, 0, 0.0, 0.0, 0.0)]


@given(worlds(), st.integers(0, 3), st.booleans())
def test_who_is_contrasted(world: World, k: int, cut: bool) -> None:
    evidence = world.evidence()
    rows = evidence.rows()
    both = rows.group_by("pair_id").agg(pl.col("label").n_unique().alias("n")).filter(pl.col("n") == 2)
    whole = set(both["pair_id"])
    assert set(evidence.contrasted) == whole
    for label in (0, 1):  # a side that is taken away has been there
        left = evidence.one_side(label)
        assert set((left.top(k, per_side=True) if cut else left).contrasted) == whole


@given(worlds())
def test_the_evidence_on_one_query_is_that_of_all_on_it(world: World) -> None:
    whole = world.evidence()
    for evidence in (whole, whole.top(2, per_side=True)):
        rows, totals = evidence.rows(), evidence.totals()
        for pair_id in whole.pairs["pair_id"]:
            on = evidence.about(pl.col("pair_id") == pair_id)
            assert_frame_equal(on.rows(), rows.filter(pl.col("pair_id") == pair_id))
            assert_frame_equal(on.totals(), totals.filter(pl.col("pair_id") == pair_id), check_exact=True)


@given(worlds(), st.dictionaries(st.sampled_from(["q0", "q1", "q2"]), st.floats(0.01, 1)))
def test_grades_that_are_all_alike_change_nothing(world: World, alike: dict[str, float]) -> None:
    evidence = world.evidence()
    grade = pl.col("perturbation").replace_strict(alike, default=0.0, return_dtype=pl.Float64)
    grades = evidence.neighbours().select(*NAMES, grade.alias("grade"))
    assert_frame_equal(evidence.reweigh(grades).rows(), evidence.rows())


@given(worlds(), st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=15, max_size=15))
def test_a_grade_multiplies_the_weight_over_the_mean_grade(world: World, drawn: list[float]) -> None:
    whole = world.evidence()
    graded = whole.neighbours().select(NAMES).sort(NAMES).head(15)
    grades = graded.with_columns(pl.Series("grade", drawn[: graded.height], dtype=pl.Float64))
    factor: dict[tuple[str, str], float] = {}
    for (name,), part in grades.group_by("perturbation"):
        if (mean := float(part["grade"].mean() or 0)) > 0:  # type: ignore[arg-type]
            factor |= {(str(name), n): g / mean for n, g in part.select("neighbour", "grade").iter_rows()}
    owner = dict(whole.pairs.select("pair_id", "perturbation").iter_rows())
    for evidence in (whole, whole.top(3, per_side=False)):
        key = ["pair_id", "neighbour", "context"]
        before = {tuple(row[k] for k in key): row["weight"] for row in evidence.rows().to_dicts()}
        after = {
            tuple(row[k] for k in key): row["weight"] for row in evidence.reweigh(grades).rows().to_dicts()
        }
        wanted = {k: w * factor.get((owner[k[0]], k[1]), 1.0) for k, w in before.items()}
        assert after == pytest.approx({k: w for k, w in wanted.items() if w > 0})
        for row in evidence.reweigh(grades).rows().partition_by("pair_id"):
            assert row["weight"].is_sorted(descending=True)


@given(worlds())
def test_other_names_leave_the_sums_as_they_are(world: World) -> None:
    names = ["q0", "q1", "q2", "m0", "m1", "m2", "m3", "g0", "g1", "g2"]
    codes = {name: f"X{number}" for number, name in enumerate(reversed(names))}
    for evidence in (world.evidence(), world.evidence().top(99, per_side=False)):
        hidden = evidence.renamed(codes)
        assert_frame_equal(hidden.totals(power=2).sort("pair_id"), evidence.totals(power=2).sort("pair_id"))
        back = {code: name for name, code in codes.items()}
        assert set(hidden.pairs["gene"].replace(back)) == set(evidence.pairs["gene"])
        assert not set(hidden.support["perturbation"]) & set(names)
        assert not set(hidden.relations["neighbour"]) & set(names)
