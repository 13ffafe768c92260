"""Evidence: what totals, rows and cuts say is what a loop over the definition says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from core_harness.errors import PluginError
from core_harness.evidence.evidence import Evidence
from core_harness.schemas import EVIDENCE, PAIRS, RELATIONS, SUPPORT, TOTALS, Block

CONTEXT = "k562"
WEIGHTS = st.sampled_from([0.0, 1e-3, 0.25, 0.5, 0.75, 1.0])


class World(NamedTuple):
    """Support by (context, perturbation, gene), queries, and relations with two layers."""

    support: Mapping[tuple[str, str, str], int]
    pairs: list[tuple[int, str, str]]
    relations: Mapping[tuple[str, str], tuple[float, float | None, float | None]]

    def evidence(self, *, turned: bool = False) -> Evidence:
        support = [(*unit, label) for unit, label in self.support.items()]
        pairs = [(number, CONTEXT, name, gene) for number, name, gene in self.pairs]
        relations = [
            (*names, weight, {"near": near, "alike": alike})
            for names, (weight, near, alike) in self.relations.items()
        ]
        layers = pl.Struct({"near": pl.Float64, "alike": pl.Float64})
        schema = {**RELATIONS, "layers": layers}
        step = -1 if turned else 1
        return Evidence(
            Block(
                context=CONTEXT,
                pairs=pl.DataFrame(pairs[::step], schema=dict(PAIRS), orient="row"),
                support=pl.DataFrame(support[::step], schema=dict(SUPPORT), orient="row"),
            ),
            pl.DataFrame(relations[::step], schema=schema, orient="row"),
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    genes = st.sampled_from(["g0", "g1", "g2"])
    measured = st.sampled_from(["m0", "m1", "m2", "m3", "q0"])
    asked = st.sampled_from(["q0", "q1", "q2"])
    units = st.tuples(st.sampled_from([CONTEXT, "hepg2"]), measured, genes)
    pairs = sorted(draw(st.sets(st.tuples(asked, genes), max_size=6)))
    numbers = draw(st.permutations(range(10, 10 + len(pairs))))
    weights = st.tuples(WEIGHTS, *[st.none() | WEIGHTS] * 2)
    return World(
        support=draw(st.dictionaries(units, st.integers(0, 1), max_size=20)),
        pairs=[(number, *pair) for number, pair in zip(numbers, pairs, strict=True)],
        relations=draw(st.dictionaries(st.tuples(asked, measured), weights, max_size=12)),
    )


def rows_of(world: World) -> Iterator[tuple[int, str, str, str, int, float]]:
    """Yield rows of evidence in no order, by the definition."""
    for number, name, gene in world.pairs:
        for (context, neighbour, measured), label in world.support.items():
            weight = world.relations.get((name, neighbour), (0.0,))[0]
            own = (context, neighbour) == (CONTEXT, name)
            if measured == gene and weight > 0 and not own:
                yield number, neighbour, context, gene, label, weight


def totals_of(world: World, layer: str | None, power: float) -> pl.DataFrame:
    place = {None: 0, "near": 1, "alike": 2}[layer]
    name_of = {number: name for number, name, _ in world.pairs}
    sums: dict[int, list[float]] = {number: [0, 0, 0.0, 0.0] for number, *_ in world.pairs}
    for number, neighbour, _, _, label, _ in rows_of(world):
        weight = world.relations[name_of[number], neighbour][place] or 0.0
        if weight > 0:
            sums[number][1 - label] += 1
            sums[number][3 - label] += weight**power
    return pl.DataFrame([(number, *four) for number, four in sums.items()], schema=dict(TOTALS), orient="row")


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
def test_rows_say_what_each_layer_says(world: World) -> None:
    name_of = {number: name for number, name, _ in world.pairs}
    for row in world.evidence().rows().iter_rows(named=True):
        _, near, alike = world.relations[name_of[row["pair_id"]], row["neighbour"]]
        assert row["layers"] == {"near": near, "alike": alike}


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


def test_relations_need_not_say_layers() -> None:
    world = World({("hepg2", "m0", "g0"): 1}, [(0, "q0", "g0")], {("q0", "m0"): (0.5, None, None)})
    evidence = world.evidence()
    bare = Evidence(evidence.block, evidence.relations.drop("layers"))
    assert evidence.layers == ["near", "alike"]
    assert bare.layers == []
    assert bare.rows().columns == list(EVIDENCE)
    assert_frame_equal(bare.totals(), evidence.totals())


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(PluginError, match=r"evidence has no layer 'far' \(layers: near, alike\)"):
        World({}, [], {}).evidence().totals(layer="far")


def test_a_weight_of_0_is_no_evidence_whatever_its_layers_say() -> None:
    support = {("hepg2", "m0", "g0"): 1, ("hepg2", "m1", "g0"): 1}
    relations = {("q0", "m0"): (0.0, 1.0, 1.0), ("q0", "m1"): (1.0, 0.5, None)}
    world = World(support, [(0, "q0", "g0")], relations)
    for one in (world.evidence(), world.evidence().top(9, per_side=False)):
        assert one.rows()["neighbour"].to_list() == ["m1"]
        assert one.totals(layer="near").rows() == [(0, 1, 0, 0.5, 0.0)]
        assert one.totals(layer="alike", power=0).rows() == [(0, 0, 0, 0.0, 0.0)]


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
            assert_frame_equal(on.totals(), totals.filter(pl.col("pair_id") == pair_id))


@given(worlds(), st.dictionaries(st.sampled_from(["q0", "q1", "q2"]), st.floats(0.01, 1)))
def test_grades_that_are_all_alike_change_nothing(world: World, alike: dict[str, float]) -> None:
    evidence = world.evidence()
    grades = evidence.relations.select(
        "perturbation", "neighbour", pl.col("perturbation").replace_strict(alike, default=0.0).alias("grade")
    ).with_columns(pl.col("grade").cast(pl.Float64))
    assert_frame_equal(evidence.reweigh(grades).rows(), evidence.rows())


@given(worlds(), st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=15, max_size=15))
def test_a_grade_multiplies_the_weight_over_the_mean_grade(world: World, drawn: list[float]) -> None:
    whole = world.evidence()
    graded = whole.relations.select("perturbation", "neighbour").sort("perturbation", "neighbour").head(15)
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
