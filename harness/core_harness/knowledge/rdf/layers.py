"""Statements to the rows of a layer, as a mapping says, or one clear line about what does not fit."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import polars as pl

from core_harness.errors import DataError, unknown
from core_harness.knowledge.dates import FORMS, as_date, is_date
from core_harness.knowledge.rdf.mapping import RdfMapping
from core_harness.knowledge.rdf.nodes import at_most_one, labels_of, refuse, the_only
from core_harness.knowledge.rdf.parsing import read_statements
from core_harness.knowledge.rdf.vocabulary import OBJECT, PREDICATE, SUBJECT, short


def read_rows(path: Path, mapping: RdfMapping, *, divisor: float = 1.0) -> pl.DataFrame:
    """Return the rows that ``mapping`` makes of a file, of the columns of :func:`rows_of`.

    Raises what :func:`~core_harness.knowledge.rdf.parsing.read_statements` does, and
    :class:`~core_harness.errors.DataError` for what :func:`rows_of` refuses and where there are no rows.
    """
    statements = read_statements(path)
    rows = rows_of(statements, mapping, path, divisor=divisor)
    if rows.is_empty():
        raise DataError(f"{path}: {_why_nothing(statements, mapping)}")
    return rows


def rows_of(
    statements: pl.DataFrame, mapping: RdfMapping, path: Path, *, divisor: float = 1.0
) -> pl.DataFrame:
    """Return the rows of a layer in any order, perhaps repeated, perhaps none.

    Their columns are ``a, b, weight`` or ``set, gene``, with ``evidence, date`` where the mapping has them.

    Parameters
    ----------
    statements
        Of the columns :data:`~core_harness.knowledge.rdf.parsing.STATEMENTS`.
    path
        The file they are from, for messages.
    divisor
        What a score is divided by to lie in (0, 1].

    Raises
    ------
    DataError
        A literal is where an entity is wanted; an association has not exactly one subject, object
        and score, has several evidence codes or dates, or an association for an end; a score is no number or
        out of range; a date is none; a gene or a set has not exactly one name; a node is a gene and a set;
        two sets have one name.
    """
    links = _links(_here(statements, mapping), mapping, path)
    if mapping.kind == "sets":
        return _memberships(statements, links, mapping, path)
    return _edges(statements, links, mapping, path, divisor)


def _memberships(
    statements: pl.DataFrame, links: pl.DataFrame, mapping: RdfMapping, path: Path
) -> pl.DataFrame:
    other = "object" if mapping.gene == "subject" else "subject"
    links = links.select("association", pl.col(mapping.gene).alias("gene"), pl.col(other).alias("set"))
    symbols = _symbols(statements, links["gene"], mapping, path)
    links = links.join(symbols.rename({"name": "symbol"}), left_on="gene", right_on="node")
    nested = links.join(links, left_on="gene", right_on="set", how="semi").select("gene").unique()
    refuse(nested, path, "{gene} is both a gene and a set; take sets out of sets")
    names = _set_names(statements, links["set"], mapping, path)
    named = links.join(names, left_on="set", right_on="node")
    rows = named.select("association", pl.col("name").alias("set"), pl.col("symbol").alias("gene"))
    if not mapping.annotated:
        return rows.select("set", "gene")
    return _annotated(rows, _here(statements, mapping), mapping, path)


def _annotated(rows: pl.DataFrame, here: pl.DataFrame, mapping: RdfMapping, path: Path) -> pl.DataFrame:
    """Return ``set, gene, evidence, date``: the rows with what is said about their associations."""
    associations = rows["association"].drop_nulls()
    for column, predicate in (("evidence", mapping.evidence), ("date", mapping.date)):
        if predicate is None:
            rows = rows.with_columns(pl.lit(None, pl.String).alias(column))
            continue
        said = at_most_one(here, associations, predicate, path, "association")
        said = said.select("node", pl.col("value").alias(column))
        rows = rows.join(said, left_on="association", right_on="node", how="left")
    rows = rows.with_columns(as_date(pl.col("date")))
    odd = rows.filter(~is_date(pl.col("date"))).select("association", "date")
    refuse(odd, path, f"the date {{date!r}} of association {{association}} is no date ({FORMS}); correct it")
    return rows.select("set", "gene", "evidence", "date")


def _edges(
    statements: pl.DataFrame, links: pl.DataFrame, mapping: RdfMapping, path: Path, divisor: float
) -> pl.DataFrame:
    symbols = _symbols(statements, pl.concat([links["subject"], links["object"]]), mapping, path)
    for side, end in (("subject", "a"), ("object", "b")):
        links = links.join(symbols.rename({"name": end}), left_on=side, right_on="node")
    if mapping.score is None:
        return links.select("a", "b", pl.lit(1.0).alias("weight"))
    here = _here(statements, mapping)
    scores = the_only(here, links["association"], mapping.score, path, "association")
    # numpy divides; polars multiplies by the reciprocal, which can be one bit off
    weight = scores["value"].cast(pl.Float64, strict=False).to_numpy() / divisor
    scores = scores.select("node", "value", pl.Series("weight", weight))
    what = f"the {short(mapping.score)} of association {{node}} is {{value!r}}"
    refuse(scores.filter(pl.col("weight").is_nan()), path, f"{what}, which is not a number; correct it")
    refuse(
        scores.filter(~pl.col("weight").is_between(0, 1, closed="right")),
        path,
        f"{what}, which is not in (0, {divisor:g}]; correct it, or the layer's divisor",
    )
    return links.join(scores, left_on="association", right_on="node").select("a", "b", "weight")


def _here(statements: pl.DataFrame, mapping: RdfMapping) -> pl.DataFrame:
    return statements if mapping.graph is None else statements.filter(pl.col("graph") == mapping.graph)


def _links(here: pl.DataFrame, mapping: RdfMapping, path: Path) -> pl.DataFrame:
    """Return ``association, subject, object`` of the statements that count.

    The association is null for a statement without one.
    """
    reified = here.filter(pl.col("predicate") == PREDICATE)
    followed = reified.filter(pl.col("object").is_in(list(mapping.follow)))["subject"]
    subjects, objects = (
        the_only(here, followed, end, path, "association").rename({"node": "association"})
        for end in (SUBJECT, OBJECT)
    )
    links = subjects.join(objects, on="association", suffix=" of object").select(
        "association",
        pl.col("value").alias("subject"),
        pl.col("value of object").alias("object"),
        pl.col("literal").alias("literal subject"),
        pl.col("literal of object").alias("literal object"),
    )
    if mapping.score is None:
        plain = here.filter(pl.col("predicate").is_in(list(mapping.follow))).select(
            pl.lit(None, pl.String).alias("association"),
            "subject",
            "object",
            pl.lit(value=False).alias("literal subject"),
            pl.col("literal").alias("literal object"),
        )
        links = pl.concat([links, plain])
    for side in ("subject", "object"):
        refuse(
            links.filter(pl.col(f"literal {side}")).select(side),
            path,
            f"the literal {{{side}!r}} is the {side} of a followed statement, where an entity is wanted; "
            "give the entity an IRI and a label",
        )
        refuse(
            links.join(reified, left_on=side, right_on="subject", how="semi").select("association", side),
            path,
            f"association {{association}} has the association {{{side}}} as its {side}; link genes or sets",
        )
    return links.select("association", "subject", "object")


def _symbols(statements: pl.DataFrame, nodes: pl.Series, mapping: RdfMapping, path: Path) -> pl.DataFrame:
    """Return ``node, name`` of the nodes that are genes."""
    pattern = mapping.iri_pattern
    if pattern is None:
        return labels_of(statements, nodes, mapping.label, path, "gene")
    found = nodes.unique().alias("node").to_frame()
    found = found.with_columns(pl.col("node").str.extract(pattern).alias("name")).drop_nulls()
    return found.with_columns(pl.Series("name", [unquote(name) for name in found["name"]], pl.String))


def _set_names(statements: pl.DataFrame, nodes: pl.Series, mapping: RdfMapping, path: Path) -> pl.DataFrame:
    """Return ``node, name`` of the sets, all of different names."""
    if mapping.set_label is None:
        sets = nodes.unique().alias("node").to_frame().with_columns(pl.col("node").alias("name"))
        blank = sets.filter(pl.col("node").str.starts_with("_:")).select("node")
        refuse(blank, path, "the set {node} has no IRI to be called by; give it one, or say its 'set_label'")
        return sets
    sets = labels_of(statements, nodes, mapping.set_label, path, "set")
    alike = sets.group_by("name").agg(pl.col("node").sort()).filter(pl.col("node").list.len() > 1)
    refuse(
        alike.select("name", pl.col("node").list.get(0).alias("one"), pl.col("node").list.get(1)),
        path,
        "the sets {one} and {node} are both called {name!r}; rename one, or leave 'set_label' out",
    )
    return sets


def _why_nothing(statements: pl.DataFrame, mapping: RdfMapping) -> str:
    graphs = statements["graph"].cast(pl.String).unique()
    if mapping.graph is not None and mapping.graph not in graphs:
        return unknown("graph", mapping.graph, filter(None, graphs))
    here = _here(statements, mapping)
    reified = here.filter(pl.col("predicate") == PREDICATE)["object"]
    known = {*here["predicate"].cast(pl.String), *reified}
    first = mapping.follow[0]
    if known.isdisjoint(mapping.follow):
        return unknown("predicate", first, known)
    if mapping.score is not None and not set(reified) & set(mapping.follow):
        return (
            f"no association has the rdf:predicate {short(first)}, and statements by themselves have no "
            "score; leave the layer's 'score' out"
        )
    return f"no statement with {short(first)} is about a gene like {mapping.iri}; correct the layer's 'iri'"
