"""What the page about the knowledge graph shows is true."""

from __future__ import annotations

import re
from pathlib import Path

from knowledge.rdf.graphs import PARSERS, assert_equal, edges, parsing_by, sets, symbols

from core_harness.knowledge import Graph
from core_harness.knowledge.rdf import read_graph
from core_harness.knowledge.rdf.vocabulary import PREFIXES
from core_harness.registry.loading import parse_registry

PAGE = (Path(__file__).parents[3] / "docs" / "knowledge-graph.md").read_text(encoding="utf-8")


def shown(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(block)


def test_the_rdf_is_a_graph(tmp_path: Path) -> None:
    (tmp_path / "graph.trig").write_text(shown("turtle"), encoding="utf-8")
    wanted = Graph.of(
        [sets("go-bp", ("GO:0006915", "TP53")), edges("string", ("MDM2", "TP53", 0.999))],
        symbols(("TP53", "TP53"), ("P53", "TP53")),
    )
    for parser in PARSERS:
        with parsing_by(parser):
            assert_equal(read_graph(tmp_path / "graph.trig"), wanted)


def test_the_mapping_is_one() -> None:
    text = f"schema_version = 1\ndatasets = {{}}\nstrategies = {{}}\n{shown('toml')}"
    complexes, interactions = parse_registry(text, "docs").layer
    assert (complexes.kind, interactions.kind) == ("sets", "edges")


def test_all_prefixes_are_named() -> None:
    listed = " ".join(PAGE.split("CURIEs with")[1].split(".")[0].split())
    assert re.findall(r"`(\w+)`", listed) == list(PREFIXES)
