"""Annotations of a layer as associations: on what evidence, and since when, a gene is in a set."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from core_harness.knowledge.rdf import vocabulary as v
from core_harness.knowledge.rdf.syntaxes import Syntax


def annotation_rows(
    layer: str, annotations: pl.DataFrame, genes: pl.DataFrame, sets: pl.DataFrame, syntax: Syntax
) -> pl.DataFrame:
    """Return an association a row of ``annotations``, as it is written, without its predicate.

    Parameters
    ----------
    layer
        Its name.
    annotations
        ``set, gene, evidence, date``, the last two perhaps null; they are null in the result where they are.
    genes, sets
        ``gene, term`` and ``set, term``: how genes and sets are written.
    """
    gene, name, evidence, date = (annotations[column] for column in ("gene", "set", "evidence", "date"))
    return pl.DataFrame(
        {
            "association": pl.select(
                pl.format(
                    f"<{v.kg_iri('annotation', layer)}/{{}}/{{}}/{{}}/{{}}>",
                    _written(gene, v.quoted),
                    _written(name, v.quoted),
                    _written(evidence, v.quoted).fill_null(""),
                    date.fill_null(""),
                )
            ).to_series(),
            "subject": gene.replace_strict(genes["gene"], genes["term"], return_dtype=pl.String),
            "object": name.replace_strict(sets["set"], sets["term"], return_dtype=pl.String),
            "evidence": _written(evidence, syntax.literal),
            "date": _written(date, syntax.date),
        }
    ).with_columns(
        pl.lit(syntax.iri(v.ASSOCIATION)).alias("class"),
        pl.lit(syntax.iri(v.kg_iri("layer", layer))).alias("layer"),
    )


def _written(column: pl.Series, form: Callable[[str], str]) -> pl.Series:
    """Return a column with each text in another form; null stays null."""
    distinct = column.drop_nulls().unique()
    forms = pl.Series([form(text) for text in distinct], dtype=pl.String)
    return column.replace_strict(distinct, forms, default=None, return_dtype=pl.String)
