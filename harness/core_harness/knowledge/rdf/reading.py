"""A graph that was written by :mod:`core_harness.knowledge.rdf.writing`, read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

from core_harness.errors import DataError
from core_harness.knowledge.layers import Graph, Layer
from core_harness.knowledge.rdf import vocabulary as v
from core_harness.knowledge.rdf.layers import rows_of
from core_harness.knowledge.rdf.mapping import RdfMapping
from core_harness.knowledge.rdf.nodes import at_most_one, labels_of, the_only
from core_harness.knowledge.rdf.parsing import STATEMENTS, read_statements
from core_harness.knowledge.rdf.syntaxes import syntax_of
from core_harness.knowledge.symbols import Symbols


def read_graph(path: Path) -> Graph:
    """Return the graph in a file that :func:`~core_harness.knowledge.rdf.writing.write_graph` wrote.

    Layers and symbols equal those that were written; the digest is that of their content. Names of sets, and
    the date of a layer's release, are those in the file.

    Raises what :func:`~core_harness.knowledge.rdf.layers.rows_of` does, and
    :class:`~core_harness.errors.DataError` for a graph that does not describe its layers.
    """
    statements = read_statements(path)
    described = _described(statements, path)
    if not syntax_of(path).graphs:
        statements = _in_graphs(statements, path)
    layers = [_layer(statements, about, path) for about in described.to_dicts()]
    return Graph.of(layers, _symbols(statements, path))


def _described(statements: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return ``node, kind, name, relation, position, date, of, annotated`` of the layers, in their order."""
    typed = statements.filter(pl.col("predicate") == v.TYPE)
    if v.GRAPH not in typed["object"]:
        raise DataError(
            f"{path} does not describe a graph as `core-harness kg export` does; to make layers of it, "
            "describe them in [[layer]] tables of the registry with reader = 'rdf'"
        )
    kind = pl.col("object").replace_strict(v.KINDS, return_dtype=pl.String)
    layers = typed.filter(pl.col("object").is_in(list(v.KINDS))).select(
        pl.col("subject").alias("node"), kind.alias("kind")
    )
    for column, predicate in (("name", v.IDENTIFIER), ("relation", v.RELATION), ("position", v.POSITION)):
        found = the_only(statements, layers["node"], predicate, path, "layer")
        layers = layers.join(found.select("node", pl.col("value").alias(column)), on="node")
    dates = at_most_one(statements, layers["node"], v.ISSUED, path, "layer")
    begin = v.kg_iri("layer", "")
    parts = (
        statements.filter(pl.col("predicate") == v.DERIVED_FROM, pl.col("object").str.starts_with(begin))
        .group_by(pl.col("subject").alias("node"))
        .agg(pl.col("object").str.strip_prefix(begin).sort().alias("of"))
    )
    annotated = typed.filter(pl.col("object") == v.ANNOTATED)["subject"]
    return (
        layers.join(dates.select("node", pl.col("value").alias("date")), on="node", how="left")
        .join(parts, on="node", how="left")
        .with_columns(pl.col("node").is_in(annotated.implode()).alias("annotated"))
        .sort(pl.col("position").cast(pl.Int64, strict=False), "name")
    )


def _in_graphs(statements: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return the statements in the named graphs that their associations or sets are part of."""
    members = statements.filter(pl.col("predicate") == v.PART_OF)["subject"]
    parts = the_only(statements, members, v.PART_OF, path, "set or association")
    homes = parts.select("node", pl.col("value").alias("home"))
    of_object = homes.rename({"home": "home of object"})
    return (
        statements.join(homes, left_on="subject", right_on="node", how="left")
        .join(of_object, left_on="object", right_on="node", how="left")
        .with_columns(pl.coalesce("home", "home of object", pl.lit("")).cast(pl.Categorical).alias("graph"))
        .select(*STATEMENTS)
    )


def _layer(statements: pl.DataFrame, about: dict[str, Any], path: Path) -> Layer:
    follow, name, home, date = (about["relation"],), about["name"], about["node"], about["date"]
    if about["kind"] == "edges":
        mapping = RdfMapping(kind="edges", follow=follow, score=v.SCORE, graph=home)
        return Layer.edges(name, rows_of(statements, mapping, path), date=date)
    evidence, created = (v.EVIDENCE, v.CREATED) if about["annotated"] else (None, None)
    mapping = RdfMapping(
        kind="sets", follow=follow, set_label=v.IDENTIFIER, evidence=evidence, date=created, graph=home
    )
    rows = rows_of(statements, mapping, path)
    of = tuple(sorted(unquote(part) for part in about["of"] or ()))
    return Layer.sets(name, rows, names=_set_names(statements, home, path), date=date, of=of)


def _set_names(statements: pl.DataFrame, home: str, path: Path) -> pl.DataFrame | None:
    """Return ``set, name`` of the sets of a layer that have a label, or None if none has."""
    here = statements.filter(pl.col("graph") == home)
    sets = here.filter(pl.col("predicate") == v.IDENTIFIER).select("subject", pl.col("object").alias("set"))
    labels = at_most_one(here, sets["subject"], v.LABEL, path, "set")
    names = sets.join(labels, left_on="subject", right_on="node").select("set", pl.col("value").alias("name"))
    return None if names.is_empty() else names.unique()


def _symbols(statements: pl.DataFrame, path: Path) -> Symbols:
    said = statements.filter(pl.col("predicate").is_in([v.SYMBOL, v.SYNONYM]))
    genes = labels_of(statements, said["subject"], v.LABEL, path, "gene")
    rows = said.join(genes, left_on="subject", right_on="node")
    return Symbols.of(rows.select(pl.col("object").alias("alias"), pl.col("name").alias("approved")))
