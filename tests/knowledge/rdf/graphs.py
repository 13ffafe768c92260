"""Small graphs, and the two parsers, for tests of RDF."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import polars as pl
import pytest
from hypothesis import strategies as st

from core_harness.knowledge import Graph, Layer, Symbols
from core_harness.knowledge.layers import EDGES, SETS
from core_harness.knowledge.rdf import Origin, Origins
from core_harness.knowledge.rdf.origins import IDS
from core_harness.knowledge.set_names import SET_NAMES
from core_harness.knowledge.symbols import ALIASES

Parser = Literal["pyoxigraph", "rdflib"]
PARSERS: tuple[Parser, ...] = ("pyoxigraph", "rdflib")


@contextmanager
def parsing_by(parser: Parser) -> Iterator[None]:
    """Read RDF with this parser: rdflib has its turn where pyoxigraph is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        if parser == "rdflib":
            patch.setitem(sys.modules, "pyoxigraph", None)
        yield


def sets(name: str, *rows: tuple[str, str]) -> Layer:
    return Layer.sets(name, pl.DataFrame(rows, schema=SETS, orient="row"))


def edges(name: str, *rows: tuple[str, str, float]) -> Layer:
    return Layer.edges(name, pl.DataFrame(rows, schema=EDGES, orient="row"))


def symbols(*rows: tuple[str, str]) -> Symbols:
    return Symbols.of(pl.DataFrame(rows, schema=ALIASES, orient="row"))


SMALL = Graph.of(
    [
        sets("process", ("GO:0006915", "TP53"), ("GO:0006915", "CASP9"), ("cell death", "HLA-A")),
        edges("links", ("TP53", "CASP9", 0.1 + 0.2), ("TP53", "ORF 1/2", 1.0)),
        sets("empty"),
    ],
    symbols(("TP53", "TP53"), ("P53", "TP53"), ('5" \\ é', "CASP9")),
)
ORIGINS = Origins(
    layers={
        "process": Origin(
            title="An ontology",
            licence="MIT / CC-BY-4.0",
            date="2025-06",
            sha256="ab" * 32,
            biolink="actively_involved_in",
            names=pl.DataFrame([("GO:0006915", "apoptotic process")], schema=SET_NAMES, orient="row"),
        ),
        "links": Origin(title="A network", licence="of our own", date="2023"),
    },
    genes=Origin(title="HGNC", licence="CC0-1.0", date="2022-04-01", sha256="cd" * 32),
    ids=pl.DataFrame([("TP53", "HGNC:11998"), ("OTHER", "HGNC:1")], schema=IDS, orient="row"),
)

NAMES = st.one_of(
    st.sampled_from(
        ["GO:0006915", "GO:1", "a/b", "a b", "%2F", "é", "<x>", '"', "\\", "{}", "a\nb", "\r", "."]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
).filter(lambda name: bool(name.strip()) and pl.Series([name]).str.strip_chars()[0] != "")
WEIGHTS = st.floats(0, 1, exclude_min=True)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    genes = st.sampled_from(draw(st.lists(NAMES, min_size=2, max_size=5, unique=True)))
    layers = []
    # a term of Gene Ontology in two layers is another test
    for number, name in enumerate(draw(st.lists(NAMES, max_size=3, unique=True))):
        if draw(st.booleans()):
            called = NAMES if number == 0 else NAMES.filter(lambda name: not name.startswith("GO:"))
            layers.append(sets(name, *draw(st.lists(st.tuples(called, genes), max_size=6))))
        else:
            layers.append(edges(name, *draw(st.lists(st.tuples(genes, genes, WEIGHTS), max_size=6))))
    return Graph.of(layers, symbols(*draw(st.lists(st.tuples(NAMES, genes), max_size=5))))


def assert_equal(one: Graph, other: Graph) -> None:
    assert [layer.name for layer in one.layers] == [layer.name for layer in other.layers]
    for mine, theirs in zip(one.layers, other.layers, strict=True):
        assert mine.kind == theirs.kind
        assert mine.frame.schema == theirs.frame.schema
        assert mine.frame.equals(theirs.frame)
    assert one.symbols.table.equals(other.symbols.table)
    assert one.symbols.renamed.equals(other.symbols.renamed)
