"""Relations are checked against the queries that were asked about and the support that has the candidates."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_evidence import BLOCK, MEASURED, relations

from core_harness import Evidence
from core_harness.errors import PluginError
from core_harness.evaluation.checks import check_relations
from core_harness.schemas import RELATIONS

RELATED = [("P", "M", 0.5), ("P", "N", 0.0), ("Q", "N", 1.0)]


def named(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    """Return relations of weight 1 to neighbours in a context."""
    names = [(perturbation, neighbour, 1.0) for perturbation, neighbour, _ in rows]
    return relations(*names, neighbour_context=pl.Series([row[2] for row in rows], dtype=pl.String))


def layers(*values: Any, kind: Any = pl.Float64) -> pl.Series:
    return pl.Series([{"near": value} for value in values], dtype=pl.Struct({"near": kind}))


def refusal(frame: Any) -> str:
    with pytest.raises(PluginError) as caught:
        check_relations(frame, BLOCK, "retriever 'r'")
    return str(caught.value)


@pytest.mark.parametrize(
    "frame",
    [
        relations(*RELATED),
        relations(),
        relations(*RELATED, via=[None, "M", None]),
        relations(*RELATED, layers=layers(0.5, None, -1.0)),
        relations(*RELATED, layers=layers(1, 2, 3, kind=pl.Int64)),
        named(("P", "M", "a"), ("P", "M", "b"), ("P", "N", None)),
        named(("P", "P", "b")),
    ],
    ids=["plain", "none", "via", "layers", "whole numbers", "contexts", "itself elsewhere"],
)
def test_relations_that_fit(frame: pl.DataFrame) -> None:
    found = check_relations(frame, BLOCK, "x")
    assert {*RELATIONS, "neighbour_context"} <= {*found.columns}
    assert found.select(*RELATIONS).equals(frame.select(*RELATIONS))
    if "layers" in frame.columns:
        assert found.schema["layers"] == pl.Struct({"near": pl.Float64})


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ("nonsense", "'r' returned str, wanted a polars DataFrame"),
        (relations(*RELATED).drop("weight"), "'r' returned no column 'weight'"),
        (relations(("P", "M", -1.0)), "'r' returned a weight that is negative or not finite: P and M"),
        (relations(("P", "M", None)), "a weight that is negative or not finite: P and M"),
        (relations(("P", "M", float("nan"))), "a weight that is negative or not finite: P and M"),
        (relations(("P", "M", float("inf"))), "a weight that is negative or not finite: P and M"),
        (relations(("X", "M", 1.0)), "a perturbation that was not asked about: X and M"),
        (relations((None, "M", 1.0)), "a perturbation that was not asked about: None and M"),
        (relations(("P", "X", 1.0)), "a neighbour that is no candidate: P and X"),
        (relations(("P", None, 1.0)), "a neighbour that is no candidate: P and None"),
        (named(("P", "N", "b")), "a neighbour in a context in which it was not measured: P and N in b"),
        (relations(("P", "P", 1.0)), "a perturbation related to itself: P and P"),
        (named(("P", "P", "a")), "a perturbation related to itself: P and P in a"),
        (relations(("P", "M", 1.0), ("P", "M", 0.5)), "a pair twice: P and M"),
        (named(("P", "M", "b"), ("P", "M", "b")), "a pair twice: P and M in b"),
        (named(("P", "M", "b"), ("P", "M", None)), "a pair twice: P and M in b"),
        (
            relations(*RELATED, neighbour_context=[1, 2, 3]),
            "'neighbour_context' is Int64, wanted String",
        ),
        (relations(*RELATED, via=[1, 2, 3]), "column 'via' is Int64, wanted String"),
        (relations(*RELATED, via=["M", "X", "M"]), "a 'via' that is no candidate: P and N"),
        (
            relations(*RELATED, layers=[1.0, 2.0, 3.0]),
            "'layers' is Float64, wanted a struct of floats",
        ),
        (relations(*RELATED, layers=layers("1", "2", "3", kind=pl.String)), "wanted a struct of floats"),
        (
            relations(*RELATED, layers=layers(0.0, float("nan"), 0.0)),
            "layer 'near' that is not finite",
        ),
    ],
)
def test_relations_that_do_not(frame: Any, message: str) -> None:
    assert message in refusal(frame)


@given(st.lists(st.tuples(st.sampled_from("PQ"), st.sampled_from("MNP"), st.sampled_from(["a", "b", None]))))
def test_relations_pass_where_each_is_of_one_measured_unit(rows: list[tuple[str, str, str | None]]) -> None:
    """A null speaks for each context in which the neighbour was measured; no unit may be spoken for twice."""
    units = {(neighbour, context) for context, neighbour, *_ in MEASURED}
    spoken_for = [
        (name, *unit)
        for name, neighbour, context in rows
        for unit in (units if context is None else {(neighbour, context)})
        if unit[0] == neighbour
    ]
    fits = (
        len(set(spoken_for)) == len(spoken_for)
        and all(unit in units for _, *pair in spoken_for if (unit := tuple(pair)))
        and not any(name == neighbour and context in {"a", None} for name, neighbour, context in rows)
    )
    if fits:
        found = Evidence(BLOCK, check_relations(named(*rows), BLOCK, "x")).related()
        assert set(found.select("perturbation", "neighbour", "context").rows()) == set(spoken_for)
    else:
        refusal(named(*rows))
