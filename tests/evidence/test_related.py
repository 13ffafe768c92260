"""Relations speak for units: a neighbour in one context, or in all in which it was measured."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_evidence import CONTEXT, World, worlds

from core_harness.evidence import related
from core_harness.evidence.evidence import Evidence
from core_harness.schemas import RELATED


def test_other_names_hide_through_whom_a_relation_came() -> None:
    world = World({("hepg2", "m0", "g0"): 1}, [(0, "q0", "g0")], {("q0", "m0", None): (0.5, None, None)})
    whole = world.evidence()
    evidence = Evidence(whole.block, whole.relations.with_columns(via=pl.lit("m1")))
    hidden = evidence.renamed({"q0": "X1", "m0": "X2", "m1": "X3", "g0": "X4"})
    assert hidden.rows().select("neighbour", "via").rows() == [("X2", "X3")]


@given(worlds())
def test_a_relation_in_every_context_is_one_in_each(world: World) -> None:
    whole = world.evidence()
    named = whole.related().rename({"context": "neighbour_context"})
    assert named["neighbour_context"].null_count() == 0
    spelt_out = Evidence(whole.block, named)
    assert_frame_equal(spelt_out.rows(), whole.rows(), check_exact=True)
    for layer in (None, "near"):
        sums = (evidence.totals(layer=layer, power=2) for evidence in (spelt_out, whole))
        assert_frame_equal(*sums, check_exact=True)


@given(worlds())
def test_related_units_were_measured_and_are_not_the_querys_own(world: World) -> None:
    found = world.evidence().related()
    units = {(neighbour, context) for context, neighbour, _ in world.support}
    wanted = {
        (name, *unit, weight)
        for name in ["q0", "q1", "q2"]
        for unit in units
        if (weight := world.weights(name, *unit)[0]) > 0
    }
    assert set(found.select(*RELATED).rows()) == wanted
    assert found.height == len(wanted)
    best: dict[tuple[str, str], float] = {}
    for name, neighbour, _, weight in wanted:
        best[name, neighbour] = max(weight, best.get((name, neighbour), 0.0))
    nearest = sorted((name, -weight, neighbour) for (name, neighbour), weight in best.items())
    assert world.evidence().neighbours().rows() == [(n, other, -w) for n, w, other in nearest]


def test_a_perturbation_speaks_for_itself_in_another_context_only() -> None:
    support = {("hepg2", "q0", "g0"): 1, (CONTEXT, "q0", "g0"): 0}
    for context in ("hepg2", None):
        evidence = World(support, [(0, "q0", "g0")], {("q0", "q0", context): (0.5, None, None)}).evidence()
        assert evidence.rows().select("neighbour", "context", "label").rows() == [("q0", "hepg2", 1)]
        assert evidence.totals().rows() == [(0, 1, 0, 0.5, 0.0, 0.5)]


@given(worlds(), st.integers(0, 3), st.booleans(), st.sampled_from([0, 1]))
def test_no_cut_takes_away_the_weight_of_what_was_not_measured(
    world: World, k: int, per_side: bool, label: int
) -> None:
    unmeasured = pl.col("w_all") - pl.col("w_pos") - pl.col("w_neg")
    whole = world.evidence()
    for cut in (whole.top(k, per_side=per_side), whole.one_side(label)):
        for layer in (None, "near"):
            left, all_ = (evidence.totals(layer=layer, power=2) for evidence in (cut, whole))
            assert_frame_equal(left.select(unmeasured), all_.select(unmeasured), abs_tol=1e-12)


@given(worlds(), st.integers(0, 3), st.integers(1, 5))
def test_rows_made_little_by_little_are_the_same(world: World, k: int, at_once: int) -> None:
    whole = world.evidence()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(related, "ROWS_AT_ONCE", at_once)
        parts = whole.rows(), whole.top(k, per_side=True).rows()
    assert_frame_equal(parts[0], whole.rows(), check_exact=True)
    assert_frame_equal(parts[1], whole.top(k, per_side=True).rows(), check_exact=True)
