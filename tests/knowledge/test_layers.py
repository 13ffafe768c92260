from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.errors import DataError
from core_harness.knowledge import Graph, Layer, Symbols

GENES = st.sampled_from("ABCDE")
LINKS = st.lists(st.tuples(GENES, GENES, st.sampled_from([0.1, 0.5, 1.0])), max_size=15)


def links(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String, "weight": pl.Float64}, orient="row")


def test_memberships_are_unique_and_sorted() -> None:
    rows = pl.DataFrame({"gene": ["Y", "X", "Y"], "set": ["s", "s", "s"]})
    layer = Layer.sets("sets", rows)
    assert layer.frame.columns == ["set", "gene"]
    assert layer.frame.rows() == [("s", "X"), ("s", "Y")]
    assert layer.genes.to_list() == ["X", "Y"]


@given(LINKS)
def test_edges_have_no_direction_no_loops_and_the_heaviest_weight(rows: list[tuple[str, str, float]]) -> None:
    heaviest: dict[tuple[str, str], float] = {}
    for a, b, weight in rows:
        if a != b:
            ends = (min(a, b), max(a, b))
            heaviest[ends] = max(weight, heaviest.get(ends, 0.0))

    layer = Layer.edges("edges", links(rows))

    assert layer.frame.rows() == [(*ends, weight) for ends, weight in sorted(heaviest.items())]
    assert layer.genes.to_list() == sorted({gene for ends in heaviest for gene in ends})


@given(LINKS)
def test_turned_and_shuffled_edges_are_the_same_graph(rows: list[tuple[str, str, float]]) -> None:
    turned = links([(b, a, weight) for a, b, weight in reversed(rows)])
    graphs = [Graph.of([Layer.edges("edges", frame)]) for frame in (links(rows), turned)]
    assert graphs[0].digest == graphs[1].digest


def test_the_digest_is_of_name_kind_content_and_symbols() -> None:
    edge = Layer.edges("edges", links([("A", "B", 0.5)]))
    renamed = Symbols.of(pl.DataFrame({"alias": ["OLD"], "approved": ["NEW"]}))
    graphs = [
        Graph.of([edge]),
        Graph.of([Layer.edges("others", edge.frame)]),
        Graph.of([Layer.edges("edges", links([("A", "B", 0.6)]))]),
        Graph.of([edge], renamed),
        Graph.of([]),
    ]
    assert len({graph.digest for graph in graphs}) == len(graphs)


def test_two_layers_of_one_name_are_refused() -> None:
    edge = Layer.edges("edges", links([("A", "B", 0.5)]))
    with pytest.raises(DataError, match="two layers of the knowledge graph are called 'edges'; rename one"):
        Graph.of([edge, edge])
