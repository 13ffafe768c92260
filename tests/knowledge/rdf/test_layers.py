"""RDF of other origin becomes layers by a mapping; what does not fit is one line, by either parser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from knowledge.rdf.graphs import ORIGINS, PARSERS, SMALL, Parser, parsing_by

from core_harness.errors import DataError
from core_harness.knowledge import AliasSource, LayerSource, open_graph
from core_harness.knowledge.rdf import RdfMapping, read_graph, read_rows, write_graph

PREFIXES = """\
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix biolink: <https://w3id.org/biolink/vocab/> .
@prefix e: <http://e/> .
"""
GENES = 'e:a rdfs:label "A" . e:b rdfs:label "B" . e:c rdfs:label "C" .\n'

Row = tuple[str, ...] | tuple[str, str, float]


def rows(folder: Path, text: str, parser: Parser, divisor: float = 1.0, **mapping: Any) -> list[Row]:
    path = folder / "graph.trig"
    path.write_text(PREFIXES + text, encoding="utf-8")
    with parsing_by(parser):
        return sorted(read_rows(path, RdfMapping.model_validate(mapping), divisor=divisor).rows())


every = pytest.mark.parametrize("parser", PARSERS)


@every
def test_memberships_from_the_gene_or_to_it(tmp_path: Path, parser: Parser) -> None:
    wanted = [("http://e/s", "A"), ("http://e/s", "B"), ("http://e/t", "A")]
    to = GENES + "e:a e:in e:s, e:t . e:b e:in e:s . e:b e:near e:t .\n"
    assert rows(tmp_path, to, parser, kind="sets", follow=["http://e/in"]) == wanted
    back = GENES + "e:s e:has e:a, e:b . e:t e:holds e:a .\n"
    follow = ["http://e/has", "http://e/holds"]
    assert rows(tmp_path, back, parser, kind="sets", follow=follow, gene="object") == wanted


@every
def test_sets_and_genes_with_different_label_predicates(tmp_path: Path, parser: Parser) -> None:
    text = 'e:a skos:notation "A" ; e:in [ skos:prefLabel "first"@en ] .\n'
    mapping: dict[str, Any] = {
        "kind": "sets",
        "follow": ["http://e/in"],
        "label": "skos:notation",
        "set_label": "skos:prefLabel",
    }
    assert rows(tmp_path, text, parser, **mapping) == [("first", "A")]


@every
def test_edges_by_themselves_weigh_one(tmp_path: Path, parser: Parser) -> None:
    text = GENES + "e:b e:binds e:a . e:a e:binds e:c . e:c e:binds e:c .\n"
    found = rows(tmp_path, text, parser, kind="edges", follow=["http://e/binds"])
    assert found == [("A", "C", 1.0), ("B", "A", 1.0), ("C", "C", 1.0)]


SCORED = {"kind": "edges", "follow": ["biolink:interacts_with"], "score": "biolink:has_confidence_score"}


def association(name: str, subject: str, value: str, score: str, predicate: str = "interacts_with") -> str:
    return (
        f"e:{name} a biolink:Association ; rdf:subject {subject} ; rdf:predicate biolink:{predicate} ; "
        f"rdf:object {value} ; biolink:has_confidence_score {score} .\n"
    )


@every
def test_associations_have_scores(tmp_path: Path, parser: Parser) -> None:
    text = (
        GENES
        + association("x", "e:a", "e:b", "300")
        + association("y", "e:a", "e:c", '"0.7E3"^^<http://www.w3.org/2001/XMLSchema#double>')
        + association("z", "e:b", "e:c", '"1000"')
        + association("w", "e:a", '"another predicate"', "-1", "affects")
        + "e:b biolink:interacts_with e:c .\n"
    )
    found = rows(tmp_path, text, parser, divisor=1000, **SCORED)
    assert found == [("A", "B", 0.3), ("A", "C", 0.7), ("B", "C", 1.0)]


@every
def test_associations_without_scores_count_like_statements(tmp_path: Path, parser: Parser) -> None:
    text = GENES + association("x", "e:a", "e:b", "300") + "e:b biolink:interacts_with e:c .\n"
    found = rows(tmp_path, text, parser, kind="edges", follow=["biolink:interacts_with"])
    assert found == [("A", "B", 1.0), ("B", "C", 1.0)]


@every
def test_symbols_in_iris(tmp_path: Path, parser: Parser) -> None:
    text = (
        "<http://g/HLA-A> e:in e:s . <http://g/ORF%201> e:in e:s . <http://mouse/Tp53> e:in e:s .\n"
        "<http://g/A/x> e:in e:t .\n"
    )
    mapping: dict[str, Any] = {"kind": "sets", "follow": ["http://e/in"], "iri": "http://g/{symbol}"}
    assert rows(tmp_path, text, parser, **mapping) == [("http://e/s", "HLA-A"), ("http://e/s", "ORF 1")]


@every
def test_one_named_graph_with_labels_from_another(tmp_path: Path, parser: Parser) -> None:
    text = GENES + "e:g { e:a e:in e:s . } e:h { e:b e:in e:s . }\n"
    mapping: dict[str, Any] = {"kind": "sets", "follow": ["http://e/in"], "graph": "http://e/h"}
    assert rows(tmp_path, text, parser, **mapping) == [("http://e/s", "B")]


IN: dict[str, Any] = {"kind": "sets", "follow": ["http://e/in"]}
LINK: dict[str, Any] = {"kind": "edges", "follow": ["http://e/link"]}
SCORE = "the biolink:has_confidence_score of association http://e/x is"
NOT_A_NUMBER = "which is not a number; correct it"
OUTSIDE = "which is not in (0, 1]; correct it, or the layer's divisor"
MISSING = "add it, or delete what is said about the node"
LITERAL = "where an entity is wanted; give the entity an IRI and a label"
HALF = "e:x rdf:predicate biolink:interacts_with ; biolink:has_confidence_score 0.5 ; "

BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "literal for a set": (
        IN,
        'e:a e:in "s" .',
        f"the literal 's' is the object of a followed statement, {LITERAL}",
    ),
    "literals for genes": (
        LINK,
        'e:a e:link "B", "C" .',
        f"the literal 'B' is the object of a followed statement, {LITERAL} (2 such cases)",
    ),
    "literal in an association": (
        SCORED,
        association("x", "e:a", '"B"', "0.5"),
        f"the literal 'B' is the object of a followed statement, {LITERAL}",
    ),
    "association without object": (
        SCORED,
        f"{HALF} rdf:subject e:a .",
        f"association http://e/x has no rdf:object; {MISSING}",
    ),
    "association without subject": (
        SCORED,
        f"{HALF} rdf:object e:a .",
        f"association http://e/x has no rdf:subject; {MISSING}",
    ),
    "association with two objects": (
        SCORED,
        f"{HALF} rdf:subject e:a ; rdf:object e:b, e:c .",
        "association http://e/x has several rdf:object: 'http://e/b' and 'http://e/c'; keep one",
    ),
    "association of itself": (
        SCORED,
        association("x", "e:a", "e:x", "0.5"),
        "association http://e/x has the association http://e/x as its object; link genes or sets",
    ),
    "associations in a circle": (
        SCORED,
        association("x", "e:y", "e:a", "0.5") + association("y", "e:x", "e:b", "0.5"),
        "x has the association http://e/y as its subject; link genes or sets (2 such cases)",
    ),
    "gene without label": (
        LINK,
        "e:a e:link e:nowhere .",
        f"gene http://e/nowhere has no rdfs:label; {MISSING}",
    ),
    "gene with two labels": (
        LINK,
        'e:a e:link e:b ; rdfs:label "AA" .',
        "gene http://e/a has several rdfs:label: 'A' and 'AA'; keep one",
    ),
    "gene with an empty label": (
        LINK,
        'e:a e:link e:d . e:d rdfs:label " " .',
        "the rdfs:label of gene http://e/d is empty; fill it",
    ),
    "entity for a label": (
        LINK,
        "e:a e:link e:d . e:d rdfs:label e:a .",
        "the rdfs:label of gene http://e/d is the entity http://e/a, not a text; correct it",
    ),
    "no score": (
        SCORED,
        "e:x rdf:subject e:a ; rdf:predicate biolink:interacts_with ; rdf:object e:b .",
        f"association http://e/x has no biolink:has_confidence_score; {MISSING}",
    ),
    "two scores": (
        SCORED,
        association("x", "e:a", "e:b", "0.5, 0.7"),
        "association http://e/x has several biolink:has_confidence_score: '0.5' and '0.7'; keep one",
    ),
    "score in words": (
        SCORED,
        association("x", "e:a", "e:b", '"high"'),
        f"{SCORE} 'high', {NOT_A_NUMBER}",
    ),
    "score NaN": (
        SCORED,
        association("x", "e:a", "e:b", '"NaN"'),
        f"{SCORE} 'NaN', {NOT_A_NUMBER}",
    ),
    "score is an entity": (
        SCORED,
        association("x", "e:a", "e:b", "e:c"),
        f"{SCORE} 'http://e/c', {NOT_A_NUMBER}",
    ),
    "score of a thousand": (
        SCORED,
        association("x", "e:a", "e:b", "905"),
        f"{SCORE} '905', {OUTSIDE}",
    ),
    "score of nothing": (
        SCORED,
        association("x", "e:a", "e:b", "0"),
        f"{SCORE} '0', {OUTSIDE}",
    ),
    "scores at no association": (
        SCORED,
        "e:a biolink:interacts_with e:b .",
        "biolink:interacts_with, and statements by themselves have no score; leave the layer's 'score' out",
    ),
    "set in itself": (
        IN,
        "e:a e:in e:a .",
        "http://e/a is both a gene and a set; take sets out of sets",
    ),
    "sets in a circle": (
        IN,
        "e:a e:in e:b . e:b e:in e:c . e:c e:in e:a .",
        "http://e/a is both a gene and a set; take sets out of sets (3 such cases)",
    ),
    "set without IRI": (
        IN,
        "e:a e:in [] .",
        " has no IRI to be called by; give it one, or say its 'set_label'",
    ),
    "set without label": (
        IN | {"set_label": "rdfs:label"},
        "e:a e:in e:s .",
        f"set http://e/s has no rdfs:label; {MISSING}",
    ),
    "two sets of one label": (
        IN | {"set_label": "rdfs:label"},
        'e:a e:in e:s, e:t . e:s rdfs:label "S" . e:t rdfs:label "S" .',
        "the sets http://e/s and http://e/t are both called 'S'; rename one, or leave 'set_label' out",
    ),
    "predicate that is not there": (
        IN,
        "e:a e:inn e:s .",
        "unknown predicate 'http://e/in'; did you mean 'http://e/inn'",
    ),
    "graph that is not there": (
        IN | {"graph": "http://e/grap"},
        "e:graph { e:a e:in e:s . }",
        "unknown graph 'http://e/grap'; did you mean 'http://e/graph'? (known: http://e/graph)",
    ),
    "genes of another form": (
        IN | {"iri": "HGNC:{symbol}"},
        "e:a e:in e:s .",
        "about a gene like http://identifiers.org/hgnc/{symbol}; correct the layer's 'iri'",
    ),
}


@every
@pytest.mark.parametrize("case", BAD)
def test_what_makes_no_layer_is_one_clear_line(tmp_path: Path, case: str, parser: Parser) -> None:
    mapping, text, message = BAD[case]
    with pytest.raises(DataError) as caught:
        rows(tmp_path, f"{GENES}{text}\n", parser, **mapping)
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'graph.trig'}: ")
    assert message in said
    assert said.endswith(message) or case == "predicate that is not there"


@every
def test_an_export_is_read_by_a_mapping_too(tmp_path: Path, parser: Parser) -> None:
    path = tmp_path / "graph.trig"
    write_graph(SMALL, path, ORIGINS)
    home = "https://w3id.org/core-harness/kg/layer"
    with parsing_by(parser):
        links = read_rows(path, RdfMapping.model_validate(SCORED | {"graph": f"{home}/links"}))
    assert sorted(links.rows()) == SMALL.layers[1].frame.rows()


@every
def test_a_graph_of_other_origin_is_not_read_as_an_exported_one(tmp_path: Path, parser: Parser) -> None:
    path = tmp_path / "graph.nt"
    path.write_text("<a:a> <a:p> <a:b> .\n")
    with (
        parsing_by(parser),
        pytest.raises(DataError, match=r"does not describe a graph as .* reader = 'rdf'$"),
    ):
        read_graph(path)


def test_the_registry_makes_layers_of_rdf_with_approved_symbols(tmp_path: Path) -> None:
    (tmp_path / "aliases.tsv").write_text("old\tnew\nA\tA1\n")
    (tmp_path / "graph.ttl").write_text(
        PREFIXES + GENES + association("x", "e:c", "e:a", "450") + "e:a e:in e:s . e:b e:in e:s .\n"
    )
    about = {"reader": "rdf", "file": "graph.ttl", "source": "made up", "licence": "CC0-1.0"}
    layers = [
        LayerSource.model_validate({"name": "sets", "rdf": IN, **about}),
        LayerSource.model_validate({"name": "edges", "rdf": SCORED, "divisor": 1000, **about}),
    ]
    aliases = AliasSource(file="aliases.tsv", columns=("old", "new"), source="made up", licence="CC0-1.0")
    cold = open_graph(tmp_path, layers, aliases, tmp_path / "cache")
    assert [(layer.kind, layer.frame.rows()) for layer in cold.layers] == [
        ("sets", [("http://e/s", "A1"), ("http://e/s", "B")]),
        ("edges", [("A1", "C", 0.45)]),
    ]
    warm = open_graph(tmp_path, layers, aliases, tmp_path / "cache")
    assert [(layer.name, layer.kind) for layer in warm.layers] == [("sets", "sets"), ("edges", "edges")]
    assert warm.digest == cold.digest
    other = [layers[0], layers[1].model_copy(update={"rdf": RdfMapping.model_validate(LINK)})]
    with pytest.raises(DataError, match="unknown predicate 'http://e/link'"):
        open_graph(tmp_path, other, aliases, tmp_path / "cache")
