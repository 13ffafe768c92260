"""What the page about the knowledge graph shows is true."""

from __future__ import annotations

import re
from pathlib import Path

from knowledge.rdf.graphs import PARSERS, annotated, assert_equal, edges, parsing_by, symbols

from core_harness.knowledge import Graph
from core_harness.knowledge.rdf import read_graph
from core_harness.knowledge.rdf.vocabulary import PREFIXES
from core_harness.plugins.registries import open_registry
from core_harness.registry.loading import shipped_registry

PAGE = (Path(__file__).parents[3] / "docs" / "knowledge-graph.md").read_text(encoding="utf-8")
APOPTOSIS = ("GO:0006915", "TP53", "IDA", "2004-09-15")


def shown(language: str) -> str:
    (block,) = blocks(language)
    return block


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_rdf_is_a_graph(tmp_path: Path) -> None:
    (tmp_path / "graph.trig").write_text(shown("turtle"), encoding="utf-8")
    wanted = Graph.of(
        [
            annotated("go-bp", APOPTOSIS, names={"GO:0006915": "apoptotic process"}),
            edges("string", ("MDM2", "TP53", 0.999), date="2023"),
        ],
        symbols(("TP53", "TP53"), ("P53", "TP53")),
    )
    for parser in PARSERS:
        with parsing_by(parser):
            assert_equal(read_graph(tmp_path / "graph.trig"), wanted)


def test_the_layers_are_those_of_a_user_registry(tmp_path: Path) -> None:
    layers, mapping = blocks("toml")
    (path := tmp_path / "mine.toml").write_text(layers + mapping, encoding="utf-8")
    added = open_registry(path).layer[len(shipped_registry().layer) :]
    assert [(layer.name, layer.kind) for layer in added] == [
        ("corum", "sets"),
        ("contacts", "edges"),
        ("complexes", "sets"),
        ("interactions", "edges"),
    ]


def test_all_prefixes_are_named() -> None:
    listed = " ".join(PAGE.split("CURIEs with")[1].split(".")[0].split())
    assert re.findall(r"`(\w+)`", listed) == list(PREFIXES)
