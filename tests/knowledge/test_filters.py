"""Layers restricted by date and evidence: what is left, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from knowledge.rdf.graphs import annotated, edges, sets

from core_harness.errors import UsageError
from core_harness.knowledge import Graph, Layer
from core_harness.knowledge.dates import as_date, is_before, is_date
from core_harness.knowledge.filters import restricted
from core_harness.knowledge.words import words_of_names

NAMES = {"GO:1": "DNA repair", "GO:2": "RNA splicing", "GO:3": "DNA binding"}
DATES = ["2019", "2021-12", "2022-01-31", "2023-06-01"]
CODES = ["IDA", "IMP", "HEP"]
MONTHS = st.sampled_from(["2019-06", "2020-01", "2022-01", "2022-02", "2030-01"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from([*NAMES]),
        st.sampled_from("ABC"),
        st.sampled_from([None, *CODES]),
        st.sampled_from([None, *DATES]),
    ),
    max_size=8,
)
LEFT_OUT = st.lists(st.sampled_from(CODES), max_size=3, unique=True)


def graph_of(rows: list[tuple[str, str, str | None, str | None]]) -> Graph:
    terms = annotated("terms", *rows, names=NAMES, date="2025")
    pathways = sets("pathways", ("Cell cycle", "A"), ("Cell cycle", "B"), date="2021")
    network = edges("network", ("A", "B", 0.5), date="2023")
    return Graph.of([terms, pathways, network, words_of_names("words", [terms, pathways])])


def left(graph: Graph, before: str | None = None, without: tuple[str, ...] = ()) -> dict[str, Layer]:
    names = [layer.name for layer in graph.layers]
    return {layer.name: layer for layer in restricted(graph, names, before=before, without=without)}


def pairs(layers: dict[str, Layer], name: str) -> set[tuple[str, str]]:
    return set(layers[name].frame.select(pl.nth(0, 1)).rows()) if name in layers else set()


def certainly_before(date: str, month: str) -> bool:
    return (f"{date}-12" if len(date) == 4 else date[:7]) < month


@given(rows=ROWS, month=MONTHS, codes=LEFT_OUT)
def test_a_membership_stays_with_an_early_annotation_on_other_evidence(
    rows: list[tuple[str, str, str | None, str | None]], month: str, codes: list[str]
) -> None:
    graph = graph_of([*rows, ("GO:1", "C", "IC", "2019-01-01")])
    rows = graph.layers[0].annotations.rows()  # type: ignore[union-attr]
    early = {
        (name, gene)
        for name, gene, code, date in rows
        if certainly_before(date or "2025", month) and (not codes or (code is not None and code not in codes))
    }
    layers = left(graph, month, tuple(codes))
    assert pairs(layers, "terms") == early
    pathways = {("Cell cycle", "A"), ("Cell cycle", "B")} if month > "2021-12" else set()
    assert pairs(layers, "pathways") == pathways
    assert pairs(layers, "network") == ({("A", "B")} if month > "2023-12" else set())
    said = {(NAMES[name], gene) for name, gene in early} | pathways
    assert pairs(layers, "words") == {(word, gene) for name, gene in said for word in name.lower().split()}


@given(rows=ROWS, month=MONTHS, codes=LEFT_OUT)
def test_one_restriction_after_the_other_is_both_at_once(
    rows: list[tuple[str, str, str | None, str | None]], month: str, codes: list[str]
) -> None:
    graph = graph_of([*rows, ("GO:1", "C", "IC", "2019-01-01")])
    once = left(graph, month, tuple(codes))
    names = ["terms", "pathways", "network"]
    early = Graph.of(restricted(graph, names, before=month))
    other = Graph.of(restricted(graph, names, without=codes))
    for again in (restricted(early, names, without=codes), restricted(other, names, before=month)):
        for layer in again:
            assert layer.frame.equals(once[layer.name].frame)
        assert {layer.name for layer in again} == set(once) - {"words"}


@given(rows=ROWS)
def test_nothing_asked_is_nothing_changed(rows: list[tuple[str, str, str | None, str | None]]) -> None:
    graph = graph_of(rows)
    layers = left(graph)
    for layer in graph.layers:
        assert layer.frame.is_empty() or layers[layer.name].frame.equals(layer.frame)


def test_only_the_named_layers_are_returned_and_words_know_the_others() -> None:
    graph = graph_of([("GO:1", "A", "IMP", "2019"), ("GO:2", "A", "IDA", "2019")])
    (words,) = restricted(graph, ["words"], without=["IMP"])
    assert set(words.frame["set"]) == {"cell", "cycle", "rna", "splicing"}


@pytest.mark.parametrize(
    ("before", "without", "message"),
    [
        ("2022", (), "before='2022' is no month; write it as YYYY-MM, e.g. before=2022-01"),
        ("2022-13", (), "before='2022-13' is no month"),
        (None, ("IMPP",), "unknown evidence code 'IMPP'; did you mean 'IMP'"),
        (None, ("IMP",), "layer 'terms' has no evidence codes, so that it cannot be left without IMP; "),
        ("1999-01", (), "nothing is left before 1999-01 of terms, pathways, network, words; allow more"),
    ],
)
def test_what_cannot_be_done_is_one_line(before: str | None, without: tuple[str, ...], message: str) -> None:
    graph = graph_of([("GO:1", "A", None, "2019"), ("GO:2", "A", None, None)])
    with pytest.raises(UsageError) as refused:
        left(graph, before, without)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_codes_are_not_missed_in_a_layer_that_its_date_leaves_out() -> None:
    graph = graph_of([("GO:1", "A", None, None)])
    assert set(left(graph, "2022-01", ("IMP",))) == {"pathways", "words"}


def test_words_without_their_layers_cannot_be_restricted() -> None:
    words = graph_of([]).layers[-1]
    with pytest.raises(UsageError, match="'words' is made of layer 'pathways', which is not in the graph"):
        restricted(Graph.of([words]), ["words"], before="2022-01")


def test_a_code_of_the_graph_need_not_be_one_of_gene_ontology() -> None:
    graph = graph_of([("GO:1", "A", "OURS", "2019"), ("GO:2", "B", "IDA", "2019")])
    assert pairs(left(graph, without=("OURS",)), "terms") == {("GO:2", "B")}


@given(day=st.dates().map(str), form=st.sampled_from(["YYYYMMDD", "YYYY-MM-DD", "YYYY-MM", "YYYY"]))
def test_dates_of_all_forms_are_written_alike_and_lie_before_later_months_only(day: str, form: str) -> None:
    text = day.replace("-", "") if form == "YYYYMMDD" else day[: len(form)]
    frame = pl.DataFrame({"date": [text]}).select(as_date(pl.col("date")))
    assert frame.item() == (day if form == "YYYYMMDD" else text)
    assert frame.select(is_date(pl.col("date"))).item()
    assert not frame.select(is_before(pl.col("date"), day[:7])).item()
    assert frame.select(is_before(pl.col("date"), "9999-13")).item()


@pytest.mark.parametrize(
    "text", ["", "19", "2022-1", "2022-13", "2022-00-01", "2022-01-32", "May 2022", "202201"]
)
def test_what_is_no_date(text: str) -> None:
    assert not pl.DataFrame({"date": [text]}).select(is_date(as_date(pl.col("date")))).item()
