"""Evidence codes and dates in RDF of other origin, and in an export that is read by a mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from knowledge.rdf.graphs import ORIGINS, PARSERS, SMALL, Parser, parsing_by

from core_harness.errors import DataError
from core_harness.knowledge import LayerSource, open_graph
from core_harness.knowledge.rdf import RdfMapping, read_rows, write_graph

PREFIXES = """\
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix e: <http://e/> .
e:a rdfs:label "A" . e:b rdfs:label "B" .
"""
LINK = "rdf:subject e:a ; rdf:predicate e:in ; rdf:object e:s"
MAPPING = {"kind": "sets", "follow": ["http://e/in"], "evidence": "http://e/code", "date": "http://e/made"}

every = pytest.mark.parametrize("parser", PARSERS)


def rows(folder: Path, text: str, parser: Parser, **mapping: Any) -> set[tuple[object, ...]]:
    path = folder / "graph.ttl"
    path.write_text(PREFIXES + text, encoding="utf-8")
    with parsing_by(parser):
        return set(read_rows(path, RdfMapping.model_validate(MAPPING | mapping)).rows())


TEXT = f"""
e:x {LINK} ; e:code "IDA" ; e:made "20190503" .
e:y {LINK} ; e:code "IMP" ; e:made "2021-02"^^xsd:gYearMonth .
e:z {LINK} ; e:made "2020"^^xsd:gYear .
e:b e:in e:s .
"""


@every
def test_associations_have_codes_and_dates_and_statements_have_none(tmp_path: Path, parser: Parser) -> None:
    assert rows(tmp_path, TEXT, parser) == {
        ("http://e/s", "A", "IDA", "2019-05-03"),
        ("http://e/s", "A", "IMP", "2021-02"),
        ("http://e/s", "A", None, "2020"),
        ("http://e/s", "B", None, None),
    }
    assert ("http://e/s", "A", "IMP", None) in rows(tmp_path, TEXT, parser, date=None)
    assert ("http://e/s", "A", None, "2021-02") in rows(tmp_path, TEXT, parser, evidence=None)
    assert rows(tmp_path, TEXT, parser, evidence=None, date=None) == {
        ("http://e/s", "A"),
        ("http://e/s", "B"),
    }


@every
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f'e:x {LINK} ; e:code "IDA", "IMP" .',
            "association http://e/x has several http://e/code: 'IDA' and",
        ),
        (
            f'e:x {LINK} ; e:made "May 2019" .',
            "the date 'May 2019' of association http://e/x is no date (YYYY",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path: Path, parser: Parser, text: str, message: str) -> None:
    with pytest.raises(DataError) as refused:
        rows(tmp_path, text, parser)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_export_becomes_a_layer_with_codes_and_dates_in_the_cache_too(tmp_path: Path) -> None:
    write_graph(SMALL, tmp_path / "graph.trig", ORIGINS)
    mapping = {
        "kind": "sets",
        "follow": ["biolink:member_of"],
        "evidence": "kg:evidence",
        "date": "dcterms:created",
        "set_label": "dcterms:identifier",
        "graph": "https://w3id.org/core-harness/kg/layer/component",
    }
    about = {"name": "component", "reader": "rdf", "file": "graph.trig", "source": "s", "licence": "l"}
    source = LayerSource.model_validate({**about, "rdf": mapping})
    for _ in ("built", "from the cache"):
        (layer,) = open_graph(tmp_path, [source], None, tmp_path / "cache").layers
        wanted = SMALL.layers[3]
        assert layer.frame.equals(wanted.frame)
        assert layer.annotations is not None
        assert wanted.annotations is not None
        assert layer.annotations.equals(wanted.annotations)
