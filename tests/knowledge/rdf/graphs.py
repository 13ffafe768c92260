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
from core_harness.knowledge.layers import ANNOTATIONS, EDGES, SET_NAMES, SETS
from core_harness.knowledge.rdf import Origin, Origins
from core_harness.knowledge.rdf.origins import IDS
from core_harness.knowledge.symbols import ALIASES
from core_harness.knowledge.words import words_of_names

Parser = Literal["pyoxigraph", "rdflib"]
PARSERS: tuple[Parser, ...] = ("pyoxigraph", "rdflib")


@contextmanager
def parsing_by(parser: Parser) -> Iterator[None]:
    """Read RDF with this parser: rdflib has its turn where pyoxigraph is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        if parser == "rdflib":
            patch.setitem(sys.modules, "pyoxigraph", None)
        yield


def sets(
    name: str, *rows: tuple[str, str], names: dict[str, str] | None = None, date: str | None = None
) -> Layer:
    return Layer.sets(name, pl.DataFrame(rows, schema=SETS, orient="row"), names=_set_names(names), date=date)


def annotated(
    name: str,
    *rows: tuple[str, str, str | None, str | None],
    names: dict[str, str] | None = None,
    date: str | None = None,
) -> Layer:
    frame = pl.DataFrame(rows, schema=ANNOTATIONS, orient="row")
    return Layer.sets(name, frame, names=_set_names(names), date=date)


def _set_names(names: dict[str, str] | None) -> pl.DataFrame | None:
    return None if names is None else pl.DataFrame(list(names.items()), schema=SET_NAMES, orient="row")


def edges(name: str, *rows: tuple[str, str, float], date: str | None = None) -> Layer:
    return Layer.edges(name, pl.DataFrame(rows, schema=EDGES, orient="row"), date=date)


def symbols(*rows: tuple[str, str]) -> Symbols:
    return Symbols.of(pl.DataFrame(rows, schema=ALIASES, orient="row"))


PROCESS = sets(
    "process",
    ("GO:0006915", "TP53"),
    ("GO:0006915", "CASP9"),
    ("cell death", "HLA-A"),
    names={"GO:0006915": "apoptotic process"},
    date="2025-06",
)
SMALL = Graph.of(
    [
        PROCESS,
        edges("links", ("TP53", "CASP9", 0.1 + 0.2), ("TP53", "ORF 1/2", 1.0), date="2023"),
        sets("empty"),
        annotated(
            "component",
            ("GO:0005634", "TP53", "IDA", "2019-05-03"),
            ("GO:0005634", "TP53", "IMP", "2021"),
            ("GO:0005634", "HLA-A", "IMP", None),
            ("GO:0005737", "TP53", None, "2022-01"),
            ("GO:0005737", "ORF 1/2", None, None),
        ),
        words_of_names("words", [PROCESS]),
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
DATES = st.sampled_from([None, "2019", "2021-12", "2022-01", "2022-01-31"])
CODES = st.sampled_from([None, "IDA", "IMP", "a/b", '"'])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    genes = st.sampled_from(draw(st.lists(NAMES, min_size=2, max_size=5, unique=True)))
    layers: list[Layer] = []
    # a term of Gene Ontology in two layers is another test
    for number, name in enumerate(draw(st.lists(NAMES, max_size=3, unique=True))):
        called = NAMES if number == 0 else NAMES.filter(lambda name: not name.startswith("GO:"))
        date = draw(DATES)
        match draw(st.sampled_from(["sets", "annotated", "edges"])):
            case "sets":
                rows = draw(st.lists(st.tuples(called, genes), max_size=6))
                names = (
                    draw(st.dictionaries(st.sampled_from([name for name, _ in rows]), NAMES)) if rows else {}
                )
                layers.append(sets(name, *rows, names=names or None, date=date))
            case "annotated":
                notes = draw(st.lists(st.tuples(called, genes, CODES, DATES), max_size=6))
                layers.append(annotated(name, *notes, date=date))
            case "edges":
                links = draw(st.lists(st.tuples(genes, genes, WEIGHTS), max_size=6))
                layers.append(edges(name, *links, date=date))
    parts = [layer for layer in layers if layer.kind == "sets"]
    with_words: bool = draw(st.booleans())
    if parts and with_words:
        layers.append(words_of_names("words of them", parts))
    return Graph.of(layers, symbols(*draw(st.lists(st.tuples(NAMES, genes), max_size=5))))


def assert_equal(one: Graph, other: Graph) -> None:
    assert [layer.name for layer in one.layers] == [layer.name for layer in other.layers]
    for mine, theirs in zip(one.layers, other.layers, strict=True):
        assert mine.kind == theirs.kind
        assert mine.frame.schema == theirs.frame.schema
        assert mine.frame.equals(theirs.frame)
        assert (mine.date, mine.of) == (theirs.date, theirs.of)
        for one_part, other_part in ((mine.names, theirs.names), (mine.annotations, theirs.annotations)):
            assert (one_part is None) == (other_part is None)
            assert one_part is None or other_part is None or one_part.equals(other_part)
    assert one.symbols.table.equals(other.symbols.table)
    assert one.symbols.renamed.equals(other.symbols.renamed)
