"""A graph that is written and read back is equal; rdflib finds in it what the vocabulary promises."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from knowledge.rdf.graphs import (
    ORIGINS,
    PARSERS,
    SMALL,
    WEIGHTS,
    Parser,
    assert_equal,
    edges,
    graphs,
    parsing_by,
    sets,
)
from rdflib import RDF, RDFS, Dataset, Literal, Namespace, URIRef
from rdflib import Graph as Triples
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.namespace import DCTERMS, PROV, XSD

from core_harness.errors import DataError
from core_harness.knowledge import Graph
from core_harness.knowledge.rdf import read_graph, write_graph

ENDINGS = ["nt", "ttl", "trig", "nt.gz", "ttl.gz", "trig.gz"]
GOLDEN = Path(__file__).parents[2] / "golden" / "rdf"
BIOLINK = Namespace("https://w3id.org/biolink/vocab/")
KG = "https://w3id.org/core-harness/kg"
TP53 = URIRef("http://identifiers.org/hgnc/11998")
CASP9 = URIRef(f"{KG}/gene/CASP9")
APOPTOSIS = URIRef("http://purl.obolibrary.org/obo/GO_0006915")

anyhow = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@anyhow
@given(graph=graphs(), ending=st.sampled_from(ENDINGS), parser=st.sampled_from(PARSERS))
def test_a_graph_comes_back_equal(tmp_path: Path, graph: Graph, ending: str, parser: Parser) -> None:
    path = tmp_path / f"graph.{ending}"
    write_graph(graph, path)
    with parsing_by(parser):
        back = read_graph(path)
    assert_equal(back, graph)
    assert back.digest == graph.digest


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_known_about_sources_changes_nothing(tmp_path: Path, ending: str, parser: Parser) -> None:
    path = tmp_path / f"graph.{ending}"
    write_graph(SMALL, path, ORIGINS)
    with parsing_by(parser):
        assert_equal(read_graph(path), SMALL)


@anyhow
@given(weights=st.lists(WEIGHTS, min_size=1, max_size=20), parser=st.sampled_from(PARSERS))
def test_weights_keep_every_bit(tmp_path: Path, weights: list[float], parser: Parser) -> None:
    graph = Graph.of([edges("e", *((f"A{i}", f"B{i}", weight) for i, weight in enumerate(weights)))])
    write_graph(graph, tmp_path / "graph.ttl")
    with parsing_by(parser):
        assert_equal(read_graph(tmp_path / "graph.ttl"), graph)


@pytest.mark.parametrize("ending", ["nt", "ttl", "trig"])
def test_the_bytes_are_those_of_the_golden_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"small.{ending}"
    write_graph(SMALL, path, ORIGINS)
    assert path.read_bytes() == (GOLDEN / f"small.{ending}").read_bytes()
    packed = tmp_path / f"small.{ending}.gz"
    write_graph(SMALL, packed, ORIGINS)
    assert gzip.decompress(packed.read_bytes()) == path.read_bytes()
    again = tmp_path / f"other.{ending}.gz"
    write_graph(SMALL, again, ORIGINS)
    assert again.read_bytes() == packed.read_bytes()
    assert packed.read_bytes()[4:8] == bytes(4)  # no time in it


@pytest.fixture
def written(tmp_path: Path) -> Dataset:
    """Return what rdflib, by itself, finds in the TriG."""
    write_graph(SMALL, tmp_path / "graph.trig", ORIGINS)
    dataset = Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of one part of rdflib about another
        dataset.parse(tmp_path / "graph.trig")
    return dataset


def test_a_named_graph_says_its_release_licence_date_and_digest(written: Dataset) -> None:
    about = written.graph(DATASET_DEFAULT_GRAPH_ID)
    layer = URIRef(f"{KG}/layer/process")
    assert about.value(layer, DCTERMS.title) == Literal("An ontology")
    assert about.value(layer, DCTERMS.rights) == Literal("MIT / CC-BY-4.0")
    assert set(about.objects(layer, DCTERMS.license)) == {
        URIRef("https://spdx.org/licenses/MIT"),
        URIRef("https://spdx.org/licenses/CC-BY-4.0"),
    }
    assert about.value(layer, DCTERMS.issued) == Literal("2025-06", datatype=XSD.gYearMonth)
    release = about.value(layer, PROV.wasDerivedFrom)
    assert release is not None
    assert about.value(release, DCTERMS.identifier) == Literal("sha256:" + "ab" * 32)
    assert list(about.objects(URIRef(f"{KG}/layer/links"), DCTERMS.license)) == []
    whole = about.value(predicate=RDF.type, object=URIRef(f"{KG}/vocab#Graph"))
    assert about.value(whole, DCTERMS.identifier) == Literal(f"sha256:{SMALL.digest}")


def test_genes_have_symbols_for_labels_and_hgnc_ids_where_they_have_one(written: Dataset) -> None:
    genes = written.graph(URIRef(f"{KG}/genes"))
    assert {str(label): str(gene) for gene, label in genes.subject_objects(RDFS.label)} == {
        "TP53": "http://identifiers.org/hgnc/11998",
        "CASP9": f"{KG}/gene/CASP9",
        "HLA-A": f"{KG}/gene/HLA-A",
        "ORF 1/2": f"{KG}/gene/ORF%201%2F2",
    }
    names = written.graph(URIRef(f"{KG}/symbols"))
    assert set(names) == {
        (TP53, BIOLINK.symbol, Literal("TP53")),
        (TP53, BIOLINK.synonym, Literal("P53")),
        (CASP9, BIOLINK.synonym, Literal('5" \\ é')),
    }


def test_memberships_are_statements_and_edges_are_associations(written: Dataset) -> None:
    process = written.graph(URIRef(f"{KG}/layer/process"))
    assert set(process.subjects(BIOLINK.actively_involved_in, APOPTOSIS)) == {TP53, CASP9}
    assert process.value(APOPTOSIS, RDFS.label) == Literal("apoptotic process")
    own = process.value(predicate=DCTERMS.identifier, object=Literal("cell death"))
    assert own == URIRef(f"{KG}/set/process/cell%20death")
    links = written.graph(URIRef(f"{KG}/layer/links"))
    (edge,) = links.subjects(RDF.subject, CASP9)
    assert set(links.predicate_objects(edge)) == {
        (RDF.type, BIOLINK.Association),
        (RDF.subject, CASP9),
        (RDF.predicate, BIOLINK.interacts_with),
        (RDF.object, TP53),
        (BIOLINK.has_confidence_score, Literal("0.30000000000000004", datatype=XSD.double)),
    }


def test_an_annotation_is_an_association_with_its_code_and_date_beside_the_statement(
    written: Dataset,
) -> None:
    component = written.graph(URIRef(f"{KG}/layer/component"))
    nucleus, kg = URIRef("http://purl.obolibrary.org/obo/GO_0005634"), Namespace(f"{KG}/vocab#")
    assert (TP53, BIOLINK.member_of, nucleus) in component
    found = {
        (str(component.value(node, kg.evidence)), component.value(node, DCTERMS.created))
        for node in component.subjects(RDF.object, nucleus)
        if component.value(node, RDF.subject) == TP53
    }
    assert found == {
        ("IDA", Literal("2019-05-03", datatype=XSD.date)),
        ("IMP", Literal("2021", datatype=XSD.gYear)),
    }
    about = written.graph(DATASET_DEFAULT_GRAPH_ID)
    assert about.value(URIRef(f"{KG}/layer/words"), PROV.wasDerivedFrom) == URIRef(f"{KG}/layer/process")
    assert set(about.subjects(RDF.type, kg.AnnotationLayer)) == {URIRef(f"{KG}/layer/component")}


def test_without_named_graphs_sets_and_associations_say_where_they_belong(tmp_path: Path) -> None:
    write_graph(SMALL, tmp_path / "graph.nt", ORIGINS)
    triples = Triples().parse(tmp_path / "graph.nt")
    parts = {
        str(part): len(list(triples.subjects(DCTERMS.isPartOf, part)))
        for part in triples.objects(None, DCTERMS.isPartOf)
    }
    counts = {"process": 2, "links": 2, "component": 6, "words": 2}
    assert parts == {f"{KG}/layer/{name}": count for name, count in counts.items()}


@pytest.mark.parametrize("ending", ["nt", "ttl"])
def test_a_term_in_two_layers_needs_named_graphs(tmp_path: Path, ending: str) -> None:
    graph = Graph.of([sets("old", ("GO:0006915", "A")), sets("new", ("GO:0006915", "B"))])
    with pytest.raises(
        DataError, match=r"the layers 'old' and 'new' both have the set 'GO:0006915'.*write TriG"
    ):
        write_graph(graph, tmp_path / f"graph.{ending}")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / f"graph.{ending}").write_text("what was there")
    with pytest.raises(DataError, match="both have the set"):
        write_graph(graph, tmp_path / f"graph.{ending}")
    assert (tmp_path / f"graph.{ending}").read_text() == "what was there"
    write_graph(graph, tmp_path / "graph.trig")
    assert_equal(read_graph(tmp_path / "graph.trig"), graph)


def test_a_set_in_two_layers_of_flat_files_put_together_is_refused(tmp_path: Path) -> None:
    for name in ("old", "new"):
        write_graph(Graph.of([sets(name, ("GO:0006915", "A"))]), tmp_path / f"{name}.nt")
    both = tmp_path / "both.nt"
    both.write_bytes((tmp_path / "old.nt").read_bytes() + (tmp_path / "new.nt").read_bytes())
    with pytest.raises(DataError, match=r"association http.*GO_0006915 has several dcterms:isPartOf"):
        read_graph(both)


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"nowhere/graph\.nt cannot be written: No such file or directory; make"
    ):
        write_graph(SMALL, tmp_path / "nowhere" / "graph.nt")
    with pytest.raises(DataError, match=r"graph\.rdf does not end in \.nt"):
        write_graph(SMALL, tmp_path / "graph.rdf")
    (tmp_path / "folder.nt").mkdir()
    with pytest.raises(DataError, match=r"folder\.nt cannot be written: Is a directory"):
        write_graph(SMALL, tmp_path / "folder.nt")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.nt"]


def test_an_old_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "graph.nt"
    path.write_text("old")
    write_graph(SMALL, path)
    assert_equal(read_graph(path), SMALL)


def test_layers_come_back_in_their_order_whatever_that_of_the_statements(tmp_path: Path) -> None:
    graph = Graph.of([edges(name, ("A", "B", 0.5)) for name in "zyxwvutsrqp"])
    path = tmp_path / "graph.nt"
    write_graph(graph, path)
    lines = pl.Series(path.read_text().splitlines()).shuffle(seed=1)
    path.write_text("\n".join(lines) + "\n")
    assert [layer.name for layer in read_graph(path).layers] == list("zyxwvutsrqp")
