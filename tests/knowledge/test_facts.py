from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness import Facts, Graph, Layer
from core_harness.knowledge import LayerSource, Symbols

GENES = [f"GENE{n}" for n in range(200)]
SETS = pl.DataFrame(
    [
        ("Apoptosis", "TP53"),
        ("Apoptosis", "BAX"),
        ("Apoptosis", "GENE1"),
        ("Regulation of BAX", "TP53"),
        ("Regulation of BAX", "BAX"),
        ("p53-dependent arrest", "TP53"),
        ("p53-dependent arrest", "GENE1"),
        ("nucleus", "TP53"),
        ("nucleus", "BAX"),
        *(("nucleus", gene) for gene in GENES),
    ],
    schema={"set": pl.String, "gene": pl.String},
    orient="row",
)
EDGES = pl.DataFrame(
    [("BAX", "TP53", 0.7), ("MDM2", "TP53", 0.95)],
    schema={"a": pl.String, "b": pl.String, "weight": pl.Float64},
    orient="row",
)
SYMBOLS = Symbols.of(pl.DataFrame({"alias": ["P53", "p53"], "approved": ["TP53", "TP53"]}))
GRAPH = Graph.of([Layer.sets("sets", SETS), Layer.edges("edges", EDGES)], SYMBOLS)
FACTS = Facts.of(GRAPH)


def test_small_sets_come_first_and_layers_take_turns() -> None:
    assert FACTS.about("TP53", 9) == [
        "member of Regulation of BAX",
        "linked to MDM2, BAX",
        "member of p53-dependent arrest",
        "member of Apoptosis",
    ]


def test_a_set_of_nearly_everybody_tells_nothing() -> None:
    assert FACTS.about("GENE7", 9) == []
    assert FACTS.between("GENE7", "GENE8", 9) == []


def test_what_two_have_in_common() -> None:
    assert FACTS.between("TP53", "BAX", 9) == [
        "both: member of Regulation of BAX",
        "one linked to the other, with weight 0.70",
        "both: member of Apoptosis",
    ]
    assert FACTS.between("BAX", "TP53", 1) == ["both: member of Regulation of BAX"]
    assert FACTS.between("TP53", "UNKNOWN", 9) == []


@given(st.integers(0, 9))
def test_there_are_never_more_than_wanted(most: int) -> None:
    assert FACTS.about("TP53", most) == FACTS.about("TP53", 9)[:most]


def test_a_gene_has_the_facts_of_its_approved_name() -> None:
    assert FACTS.about("P53", 9) == FACTS.about("TP53", 9)
    assert Facts.none().about("TP53", 9) == []


def test_the_registry_words_a_layer(tmp_path: object) -> None:
    source = LayerSource(
        name="sets", reader="gmt", file="sets.gmt", source="s", licence="l", biolink="participates_in"
    )
    assert Facts.of(GRAPH, [source]).about("BAX", 1) == ["participates in Regulation of BAX"]


def test_a_layer_may_tell_no_facts() -> None:
    silent = LayerSource(name="sets", reader="gmt", file="sets.gmt", source="s", licence="l", facts=False)
    assert Facts.of(GRAPH, [silent]).about("TP53", 9) == ["linked to MDM2, BAX"]
    assert Facts.of(GRAPH, [silent]).between("TP53", "BAX", 9) == [
        "one linked to the other, with weight 0.70"
    ]


def test_sets_are_called_by_their_names_and_an_id_without_one_is_not_told() -> None:
    rows = pl.DataFrame({"set": ["GO:1", "GO:2"], "gene": ["TP53", "TP53"]})
    names = pl.DataFrame({"set": ["GO:1"], "name": ["apoptosis"]})
    graph = Graph.of([Layer.sets("go", rows, names=names)])
    assert Facts.of(graph).about("TP53", 9) == ["member of apoptosis"]


@pytest.mark.parametrize("name", ["TP53", "P53"])
def test_anonymous_facts_name_no_gene(name: str) -> None:
    codes = {name: "X0001", "BAX": "X0002", "GENE1": "X0003"}
    hidden = FACTS.anonymous(codes)
    assert hidden.about("X0001", 9) == ["member of Apoptosis"]
    assert hidden.between("X0001", "X0002", 9) == [
        "one linked to the other, with weight 0.70",
        "both: member of Apoptosis",
    ]
    assert FACTS.about(name, 9) != hidden.about("X0001", 9)  # the facts themselves stay as they were
