"""What a registry may say about RDF of other origin."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from core_harness.errors import RegistryError
from core_harness.knowledge import LayerSource
from core_harness.knowledge.rdf import RdfMapping
from core_harness.knowledge.rdf.vocabulary import expand, kg_iri, short
from core_harness.registry.loading import parse_registry

LAYER = """\
schema_version = 1
datasets = {}
strategies = {}

[[layer]]
name = "complexes"
reader = "rdf"
file = "kg/complexes.ttl"
source = "A lab"
licence = "CC0-1.0"

[layer.rdf]
kind = "sets"
follow = ["obo:BFO_0000050", "http://example.org/part"]
gene = "subject"
"""


def test_curies_are_written_out() -> None:
    (layer,) = parse_registry(LAYER, "registry.toml").layer
    assert layer.kind == "sets"
    assert layer.rdf is not None
    assert layer.rdf.follow == ("http://purl.obolibrary.org/obo/BFO_0000050", "http://example.org/part")
    assert layer.rdf.label == "http://www.w3.org/2000/01/rdf-schema#label"


def test_an_unknown_prefix_is_an_error_with_key_and_line() -> None:
    with pytest.raises(RegistryError) as caught:
        parse_registry(LAYER.replace("obo:BFO", "ob:BFO"), "registry.toml")
    assert str(caught.value).startswith(
        "registry.toml, line 14, key layer.0.rdf.follow.0: unknown prefix 'ob' in "
        "'ob:BFO_0000050'; write the IRI in full (known: rdf, rdfs, "
    )


SETS: dict[str, Any] = {"kind": "sets", "follow": ["biolink:member_of"]}
EDGES: dict[str, Any] = {"kind": "edges", "follow": ["biolink:interacts_with"]}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"kind": "sets"}, "Field required"),
        (SETS | {"follow": []}, "at least 1 item"),
        (SETS | {"follow": ["member_of"]}, "'member_of' is no IRI; write it in full, or as prefix:name"),
        (SETS | {"follow": ["http://x/<y>"]}, "is no IRI: '<' is not allowed in one"),
        (SETS | {"gene": "left"}, "Input should be 'subject' or 'object'"),
        (SETS | {"score": "biolink:has_confidence_score"}, "kind 'sets' takes no 'score'"),
        (EDGES | {"gene": "subject"}, "kind 'edges' takes no 'gene'"),
        (EDGES | {"set_label": "rdfs:label"}, "kind 'edges' takes no 'set_label'"),
        (EDGES | {"evidence": "kg:evidence"}, "kind 'edges' takes no 'evidence'"),
        (EDGES | {"date": "dcterms:created"}, "kind 'edges' takes no 'date'"),
        (EDGES | {"iri": "http://genes/"}, "must have {symbol} once"),
        (EDGES | {"iri": "http://{symbol}/{symbol}"}, "must have {symbol} once"),
        (EDGES | {"iri": "gene:{symbol}"}, "unknown prefix 'gene'"),
        (EDGES | {"iri": "http://g/{symbol}>"}, "is no IRI: '>' is not allowed in one"),
        (EDGES | {"iri": "HGNC:{symbol}", "label": "rdfs:label"}, "leave one out"),
        (EDGES | {"labels": "rdfs:label"}, "Extra inputs are not permitted"),
    ],
)
def test_what_does_not_fit_is_refused(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RdfMapping.model_validate(mapping)
    assert message in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"rdf": None}, "reader 'rdf' needs a table 'rdf'"),
        ({"reader": "gmt"}, "reader 'gmt' takes no 'rdf'"),
        ({"columns": ["a"]}, "reader 'rdf' takes no columns, not 1"),
        ({"divisor": 1000}, "reader 'rdf' takes no 'divisor'"),
        ({"names": "label"}, "reader 'rdf' takes no 'names'"),
        ({"biolink": "biolink:x"}, "String should match pattern"),
        ({"date": "May 2024"}, "String should match pattern"),
    ],
)
def test_a_layer_of_rdf_has_the_options_of_rdf(keys: dict[str, Any], message: str) -> None:
    layer = {"name": "x", "reader": "rdf", "file": "x.ttl", "source": "s", "licence": "l", "rdf": SETS}
    with pytest.raises(ValidationError) as caught:
        LayerSource.model_validate(layer | keys)
    assert message in caught.value.errors()[0]["msg"]


def test_scores_may_be_divided() -> None:
    scored = EDGES | {"score": "biolink:has_confidence_score"}
    layer = {"name": "x", "reader": "rdf", "file": "x.ttl", "source": "s", "licence": "l", "rdf": scored}
    assert LayerSource.model_validate(layer | {"divisor": 1000}).divisor == 1000


def test_iris_are_shortened_as_they_are_written_out() -> None:
    for name in ("GO:0006915", "obo:BFO_1", "HGNC:5", "rdfs:label", "kg:relation"):
        assert short(expand(name)) == name
    assert short("http://example.org/x") == "http://example.org/x"
    assert expand("urn:isbn:1") == "urn:isbn:1"
    assert kg_iri("set", "a b", "x/y%é") == "https://w3id.org/core-harness/kg/set/a%20b/x%2Fy%25%C3%A9"


@pytest.mark.slow
def test_describing_mappings_needs_neither_polars_nor_rdflib() -> None:
    code = (
        "import sys; from core_harness.registry.loading import shipped_registry; shipped_registry(); "
        "print(sorted({'polars', 'rdflib', 'pyoxigraph'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
