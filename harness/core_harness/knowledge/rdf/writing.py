"""A graph to N-Triples, Turtle or TriG: text made of whole columns, many times faster than by rdflib."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import polars as pl

from core_harness.errors import DataError
from core_harness.knowledge.layers import Graph, Layer
from core_harness.knowledge.rdf import vocabulary as v
from core_harness.knowledge.rdf.annotations import annotation_rows
from core_harness.knowledge.rdf.description import described, relation_of
from core_harness.knowledge.rdf.origins import Origins
from core_harness.knowledge.rdf.syntaxes import Syntax, syntax_of

_ROWS_AT_ONCE = 50_000
_GO = re.compile(r"GO:\d{7}")
_LINK = {v.TYPE: "class", v.SUBJECT: "subject", v.PREDICATE: "predicate", v.OBJECT: "object"}
"""What is said of each association, with the columns of the objects."""


def write_graph(graph: Graph, path: Path, origins: Origins | None = None) -> None:
    """Write a graph so that :func:`~core_harness.knowledge.rdf.reading.read_graph` returns it.

    The same graph and origins give the same bytes. The file is whole or not there.

    Parameters
    ----------
    path
        Ends in .nt, .ttl or .trig, perhaps with .gz. Only TriG has named graphs, one a layer; in the
        others, sets and associations say which layer they are part of.
    origins
        Releases, licences and ids, as far as they are known.

    Raises
    ------
    DataError
        The name ends otherwise, the file cannot be written, or two layers have a term of Gene Ontology in
        common, whose statements cannot be separated without named graphs.
    """
    syntax = syntax_of(path)
    text = _written(graph, origins or Origins(), syntax)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as scratch:
            new = Path(scratch, path.name)
            with new.open("wb") as file:
                _write(text, file, packed=path.suffix == ".gz")
            new.replace(path)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written: {error.strerror}; make the folder or room in it, or write elsewhere"
        ) from None


def _write(text: Iterable[str], file: BinaryIO, *, packed: bool) -> None:
    if not packed:
        file.writelines(part.encode() for part in text)
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as archive:
        archive.writelines(part.encode() for part in text)


def _written(graph: Graph, origins: Origins, syntax: Syntax) -> Iterator[str]:
    genes = _genes(graph, origins, syntax)
    yield syntax.header
    yield described(graph, origins, syntax)
    yield from _named(v.GENES, _said(genes, "term", {v.TYPE: "class", v.LABEL: "label"}, syntax), syntax)
    seen: dict[str, str] = {}
    for layer in graph.layers:
        home = v.kg_iri("layer", layer.name)
        origin = origins.layers.get(layer.name)
        if layer.kind == "edges":
            text = _edges(layer, relation_of(layer, origin), genes, syntax)
        else:
            text = _sets(layer, relation_of(layer, origin), genes, syntax, seen)
        yield from _named(home, text, syntax)
    yield from _named(v.SYMBOLS, _symbols(graph, genes, syntax), syntax)


def _named(graph: str, text: Iterable[str], syntax: Syntax) -> Iterator[str]:
    yield f"\nGRAPH {syntax.iri(graph)} {{\n" if syntax.graphs else ""
    yield from text
    yield "}\n" if syntax.graphs else ""


def _said(frame: pl.DataFrame, subject: str, facts: Mapping[str, str], syntax: Syntax) -> Iterator[str]:
    """Yield what the columns of ``frame`` say: ``facts`` has the column of the objects by predicate."""
    arguments = syntax.arguments(subject, list(facts.values()))
    line = pl.format(syntax.template(list(facts)), *arguments)
    for rows in frame.iter_slices(_ROWS_AT_ONCE):
        yield rows.select(line.str.join("\n")).item() + "\n"


def _genes(graph: Graph, origins: Origins, syntax: Syntax) -> pl.DataFrame:
    """Return ``gene, path, term, label, class``: all genes, and how they are written."""
    columns = [layer.genes.alias("gene") for layer in graph.layers]
    columns.append(graph.symbols.table["approved"].alias("gene"))
    genes = pl.concat(columns).unique().sort().to_frame().join(origins.ids, on="gene", how="left")
    iris = [v.kg_iri("gene", gene) if name is None else v.expand(name) for gene, name in genes.iter_rows()]
    return genes.select(
        "gene",
        pl.Series("path", [v.quoted(gene) for gene in genes["gene"]], pl.String),
        pl.Series("term", [syntax.iri(iri) for iri in iris], pl.String),
        pl.Series("label", [syntax.literal(gene) for gene in genes["gene"]], pl.String),
        pl.lit(syntax.iri(v.GENE)).alias("class"),
    )


def _edges(layer: Layer, relation: str, genes: pl.DataFrame, syntax: Syntax) -> Iterator[str]:
    path, term = (
        {
            end: layer.frame[end].replace_strict(genes["gene"], genes[column], return_dtype=pl.String)
            for end in "ab"
        }
        for column in ("path", "term")
    )
    score = pl.format(f'"{{}}"^^{syntax.iri(v.DOUBLE)}', pl.col("weight").cast(pl.String))
    base = v.kg_iri("edge", layer.name)
    rows = layer.frame.select(
        pl.format(f"<{base}/{{}}/{{}}>", path["a"], path["b"]).alias("association"),
        pl.lit(syntax.iri(v.ASSOCIATION)).alias("class"),
        term["a"].alias("subject"),
        pl.lit(syntax.iri(relation)).alias("predicate"),
        term["b"].alias("object"),
        score.alias("score"),
        pl.lit(syntax.iri(v.kg_iri("layer", layer.name))).alias("layer"),
    )
    return _said(rows, "association", _LINK | {v.SCORE: "score"} | _part_of(syntax), syntax)


def _sets(
    layer: Layer, relation: str, genes: pl.DataFrame, syntax: Syntax, seen: dict[str, str]
) -> Iterator[str]:
    names = layer.frame["set"].unique().sort()
    iris = [v.expand(name) if _GO.fullmatch(name) else v.kg_iri("set", layer.name, name) for name in names]
    if not syntax.graphs:
        _refuse_shared(names, iris, layer.name, seen, syntax)
    sets = pl.DataFrame(
        {
            "set": names,
            "term": pl.Series([syntax.iri(iri) for iri in iris], dtype=pl.String),
            "identifier": pl.Series([syntax.literal(name) for name in names], dtype=pl.String),
            "layer": syntax.iri(v.kg_iri("layer", layer.name)),
        }
    )
    yield from _said(sets, "term", {v.IDENTIFIER: "identifier"} | _part_of(syntax), syntax)
    if layer.names is not None:
        named = sets.join(layer.names, on="set", maintain_order="left")
        labels = pl.Series("label", [syntax.literal(name) for name in named["name"]], dtype=pl.String)
        yield from _said(named.with_columns(labels), "term", {v.LABEL: "label"}, syntax)
    rows = layer.frame.select(
        pl.col("gene").replace_strict(genes["gene"], genes["term"], return_dtype=pl.String),
        pl.col("set").replace_strict(sets["set"], sets["term"], return_dtype=pl.String),
    )
    yield from _said(rows, "gene", {relation: "set"}, syntax)
    if layer.annotations is None:
        return
    rows = annotation_rows(layer.name, layer.annotations, genes, sets, syntax).with_columns(
        pl.lit(syntax.iri(relation)).alias("predicate")
    )
    for known in ({v.EVIDENCE: "evidence", v.CREATED: "date"}, {v.EVIDENCE: "evidence"}, {v.CREATED: "date"}):
        columns = ("evidence", "date")
        some = rows.filter(pl.col(name).is_not_null() == (name in known.values()) for name in columns)
        yield from _said(some, "association", _LINK | known | _part_of(syntax), syntax)


def _symbols(graph: Graph, genes: pl.DataFrame, syntax: Syntax) -> Iterator[str]:
    table = graph.symbols.table
    rows = table.select(
        (pl.col("alias") == pl.col("approved")).alias("approved itself"),
        pl.col("approved").replace_strict(genes["gene"], genes["term"], return_dtype=pl.String).alias("gene"),
        pl.Series("name", [syntax.literal(alias) for alias in table["alias"]], dtype=pl.String),
    )
    for predicate, itself in ((v.SYMBOL, True), (v.SYNONYM, False)):
        some = rows.filter(pl.col("approved itself") == itself)
        yield from _said(some, "gene", {predicate: "name"}, syntax)


def _part_of(syntax: Syntax) -> dict[str, str]:
    return {} if syntax.graphs else {v.PART_OF: "layer"}


def _refuse_shared(
    names: Iterable[str], iris: Iterable[str], layer: str, seen: dict[str, str], syntax: Syntax
) -> None:
    for name, iri in zip(names, iris, strict=True):
        if (other := seen.setdefault(iri, layer)) != layer:
            raise DataError(
                f"the layers {other!r} and {layer!r} both have the set {name!r}, which {syntax.name} cannot "
                "keep apart; write one of the two layers, or write TriG"
            )
