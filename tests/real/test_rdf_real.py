"""The whole knowledge graph of real files, out to RDF and back."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from knowledge.rdf.graphs import assert_equal
from rdflib import RDF, Dataset, URIRef
from rdflib.namespace import RDFS

from core_harness import evaluate
from core_harness.evaluation.session import Session
from core_harness.knowledge import Graph, open_graph
from core_harness.knowledge.rdf import Origins, read_graph, read_origins, write_graph
from core_harness.registry.loading import shipped_registry

pytestmark = [pytest.mark.real, pytest.mark.slow]

EDGES = 20_000
"""Of STRING's layer, as many as rdflib reads in seconds."""

BESIDE = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def data() -> Path:
    folder = Path(os.environ.get("CORE_HARNESS_DATA", BESIDE))
    if not (folder / "kg").is_dir():
        pytest.skip(f"no folder kg in {folder}; CORE_HARNESS_DATA can name another folder")
    return folder


@pytest.fixture(scope="module")
def graph(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    registry = shipped_registry()
    return open_graph(data, registry.layer, registry.aliases, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def origins(data: Path, graph: Graph) -> Origins:
    registry = shipped_registry()
    return read_origins(data, registry.layer, registry.aliases, registry.identifiers, graph.symbols)


def votes(graph: Graph, out: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Return the file of what voting predicts for K562 with this graph."""
    monkeypatch.setattr(Session, "open_graph", lambda session, dataset=None: graph)
    (result,) = evaluate("perturbqa/k562", "voting", out=out)
    assert result.report.coverage.scored > 23_000
    assert result.run is not None
    return (result.run / "predictions.parquet").read_bytes()


def test_the_whole_graph_comes_back_equal_from_trig_and_votes_the_same(
    data: Path, graph: Graph, origins: Origins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyoxigraph", reason="without pyoxigraph this takes minutes")
    write_graph(graph, tmp_path / "graph.trig.gz", origins)
    back = read_graph(tmp_path / "graph.trig.gz")
    assert_equal(back, graph)
    if not (data / "perturbqa" / "k562-de.csv").is_file():
        pytest.skip("the graph is equal; without perturbqa/k562-de.csv there is no vote")
    monkeypatch.setenv("CORE_HARNESS_DATA", str(data))
    before = votes(graph, tmp_path / "before", monkeypatch)
    assert votes(back, tmp_path / "after", monkeypatch) == before


def test_rdflib_loads_the_exported_string_layer(graph: Graph, origins: Origins, tmp_path: Path) -> None:
    (whole,) = (layer for layer in graph.layers if layer.name == "string")
    string = replace(whole, frame=whole.frame.head(EDGES))
    write_graph(Graph.of([string]), tmp_path / "string.trig", origins)
    dataset = Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of one part of rdflib about another
        dataset.parse(tmp_path / "string.trig")
    genes = dataset.graph(URIRef("https://w3id.org/core-harness/kg/genes"))
    symbols = {gene: str(label) for gene, label in genes.subject_objects(RDFS.label)}
    assert len(symbols) == len(string.genes)
    edges = dataset.graph(URIRef("https://w3id.org/core-harness/kg/layer/string"))
    score = URIRef("https://w3id.org/biolink/vocab/has_confidence_score")
    ends = {
        side: {edge: symbols[gene] for edge, gene in edges.subject_objects(predicate)}
        for side, predicate in (("a", RDF.subject), ("b", RDF.object))
    }
    found = {
        (ends["a"][edge], ends["b"][edge]): float(str(value)) for edge, value in edges.subject_objects(score)
    }
    assert found == {(a, b): weight for a, b, weight in string.frame.iter_rows()}


def test_most_genes_have_an_hgnc_id(graph: Graph, origins: Origins) -> None:
    for layer in graph.layers:
        assert layer.genes.is_in(origins.ids["gene"].implode()).mean() > 0.95, layer.name  # type: ignore[operator]
