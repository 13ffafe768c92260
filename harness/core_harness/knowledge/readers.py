"""Readers of the published formats, which return the frames of layers.

Every reader takes plain or gzip files of tab-separated UTF-8 text, returns rows in the order of the
file with its symbols unchanged, and raises :class:`~core_harness.errors.DataError` with file,
row, column and remedy for the first thing it cannot use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness.errors import DataError, unknown
from core_harness.knowledge.dates import FORMS, as_date, is_date
from core_harness.knowledge.files import read_columns, read_utf8, refuse
from core_harness.knowledge.words import words_of_texts

Floats = NDArray[np.float64]

_GMT_MEMBERS = 3
_MODULE_MEMBERS = 12


def read_gmt(path: Path) -> pl.DataFrame:
    """Return ``set, gene`` of a GMT file: a line holds the set's name, a description, and its genes."""
    return _read_lines(path, members_from=_GMT_MEMBERS, first_row=1)


def read_modules(path: Path) -> pl.DataFrame:
    """Return ``set, gene`` of a table of modules.

    Below a header, column 1 names the module and the columns from 12 on hold its genes, as in the
    co-essential modules of Wainberg et al. 2021 (doi:10.1038/s41588-021-00840-z).
    """
    return _read_lines(path, members_from=_MODULE_MEMBERS, first_row=2)


def read_annotations(
    path: Path,
    *,
    set_column: str,
    gene_column: str,
    where: Mapping[str, str] | None = None,
    evidence_column: str | None = None,
    date_column: str | None = None,
) -> pl.DataFrame:
    """Return ``set, gene`` of a table with one membership a row, such as the annotations of Gene Ontology.

    ``where`` keeps the rows that have this value in this column. If ``evidence_column`` or ``date_column``
    is given, there are also ``evidence, date``, null where the file has no such column or nothing in it.
    """
    where = where or {}
    optional = [column for column in (evidence_column, date_column) if column is not None]
    table = read_columns(path, list(dict.fromkeys([set_column, gene_column, *where])), optional)
    for column, value in where.items():
        kept = table.filter(pl.col(column) == value)
        if kept.is_empty():
            raise DataError(f"{path}, column {column!r}: {unknown('value', value, table[column].unique())}")
        table = kept
    memberships = [pl.col(set_column).alias("set"), pl.col(gene_column).alias("gene")]
    if not optional:
        return table.select(memberships)
    if date_column is not None:
        odd = table.filter(~is_date(as_date(pl.col(date_column))))
        refuse(odd, path, date_column, f"{{value}} is no date ({FORMS}); correct it")
    nothing = pl.lit(None, pl.String)
    return table.select(
        *memberships,
        (nothing if evidence_column is None else pl.col(evidence_column)).alias("evidence"),
        (nothing if date_column is None else as_date(pl.col(date_column))).alias("date"),
    )


def read_words(path: Path, *, text_column: str, gene_column: str) -> pl.DataFrame:
    """Return ``set, gene``: the words of a table with a text about a gene a row, such as HGNC's names."""
    table = read_columns(path, [text_column, gene_column])
    return words_of_texts(table.select(pl.col(text_column).alias("text"), pl.col(gene_column).alias("gene")))


def read_edges(
    path: Path, *, gene_columns: tuple[str, str], score_columns: Sequence[str], divisor: float = 1.0
) -> pl.DataFrame:
    """Return ``a, b, weight`` of a table with one edge a row, such as STRING's.

    The weight is the score over ``divisor`` and lies in [0, 1]: STRING writes 1000 times that. Several scores
    are combined as independent evidence, ``1 - (1 - s) (1 - t)``. A weight of 0 is no edge.
    """
    a, b = gene_columns
    table = read_columns(path, [a, b, *score_columns])
    scores = [_scores(table, path, column, divisor) for column in score_columns]
    combined = pl.Series("weight", reduce(lambda s, t: s + t * (1 - s), scores))
    return table.select(pl.col(a).alias("a"), pl.col(b).alias("b"), combined).filter(pl.col("weight") > 0)


def _scores(table: pl.DataFrame, path: Path, column: str, divisor: float) -> Floats:
    # numpy divides; polars multiplies by the reciprocal, which can be one bit off
    scores: Floats = table[column].cast(pl.Float64, strict=False).to_numpy() / divisor
    table = table.with_columns(pl.Series("weight", scores))
    weight = pl.col("weight")
    refuse(table.filter(weight.is_nan()), path, column, "{value} is not a number; correct the score")
    outside = f"{{value}} is not in [0, {divisor:g}]; correct the score, or the layer's divisor"
    refuse(table.filter(~weight.is_between(0, 1)), path, column, outside)
    return scores


def read_aliases(path: Path, *, alias_column: str, approved_column: str) -> pl.DataFrame:
    """Return ``alias, approved`` of a table of gene symbols, such as HGNC's."""
    table = read_columns(path, [alias_column, approved_column])
    return table.select(pl.col(alias_column).alias("alias"), pl.col(approved_column).alias("approved"))


def _read_lines(path: Path, *, members_from: int, first_row: int) -> pl.DataFrame:
    """Return ``set, gene`` of lines that begin with the set's name and end with any number of genes."""
    lines = pl.DataFrame({"line": read_utf8(path).decode().split("\n")}).with_row_index("row", offset=1)
    fields = pl.col("line").str.split("\t").list.eval(pl.element().str.strip_chars())
    sets = (
        lines.filter(pl.col("row") >= first_row, pl.col("line") != "")
        .with_columns(fields.alias("fields"))
        .select(
            "row",
            pl.col("fields").list.first().alias("1"),
            pl.col("fields").list.slice(members_from - 1).list.filter(pl.element() != "").alias("gene"),
        )
    )
    if sets.is_empty():
        raise DataError(f"{path} has a header but no rows; get the file again")
    refuse(sets.filter(pl.col("1") == ""), path, "1", "the set has no name; name it or delete the row")
    lonely = f"{{value}} has no genes; list them from column {members_from} on, or delete the row"
    refuse(sets.filter(pl.col("gene").list.len() == 0), path, "1", lonely)
    refuse(sets.filter(~pl.col("1").is_first_distinct()), path, "1", "{value} occurs twice; rename one")
    return sets.select(pl.col("1").alias("set"), "gene").explode("gene")
