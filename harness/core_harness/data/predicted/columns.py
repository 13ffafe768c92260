"""Columns of names, of numbers and of pairs, in the table of a file of predictions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import polars as pl

from core_harness.data.tables import spellings
from core_harness.data.tables.reading import MISSING, TEXT, find_column, has_column, shown
from core_harness.errors import DataError

PERTURBATION = ("perturbation", "pert")
"""Names of the column of perturbations, all of which mean the same."""

Axis = Literal["perturbation", "gene"]

_NO_SCORE = (*MISSING, "none")


def asked_as(written: Iterable[str], queries: pl.DataFrame, axis: Axis) -> dict[str, str]:
    """Return the names of a file that are asked about, under any spelling, and what the dataset calls them.

    Names in another case of letters are among them for drugs too, whose other spellings are not known;
    ``score`` says what becomes of these.
    """
    own = queries[axis].unique().sort().to_list()
    names = set(written)
    lower = {name.lower(): name for name in reversed(own)}
    same = {name: lower[name.lower()] for name in sorted(names) if name.lower() in lower}
    same |= {name: name for name in own if name in names}
    return spellings(names - same.keys(), own, perturbations=axis == "perturbation") | same


def names_in(table: pl.DataFrame, column: str, path: Path) -> pl.Series:
    """Return the names of a column without white space around them.

    Raises :class:`~core_harness.errors.DataError` where one is missing, or the column holds no names.
    """
    kind = table.schema[column]
    if not (kind in TEXT or kind.is_integer()):
        raise DataError(f"{path}, column {column!r}: values of type {kind} are no names; write text")
    names = table[column].cast(pl.String).str.strip_chars()
    missing = table.filter(names.is_null() | (names == ""))
    if missing.height:
        raise DataError(f"{path}, row {missing['row'][0]}: no {column}; fill it in, or take the row out")
    return names


def numbers_in(table: pl.DataFrame, column: str, path: Path) -> pl.Series:
    """Return the numbers of a column, null where it has none (empty, ``NA``, ``null``).

    Raises :class:`~core_harness.errors.DataError` where a value is neither a number nor missing.
    """
    kind, written = table.schema[column], table[column]
    if kind in TEXT:
        text = written.cast(pl.String).str.strip_chars()
        said = ~text.str.to_lowercase().is_in(list(_NO_SCORE)) & text.is_not_null()
        number = _numbers(text)
        wrong = table.filter(said & number.is_null())
        if wrong.height:
            row = wrong.row(0, named=True)
            raise DataError(f"{path}, row {row['row']}: {column} {shown(row[column])} is not a number")
        return number.set(~said, None)
    if kind.is_numeric() or kind == pl.Boolean:
        return written.cast(pl.Float64)
    raise DataError(f"{path}, column {column!r}: values of type {kind} are no scores; write numbers")


def _numbers(text: pl.Series) -> pl.Series:
    """Return text as numbers, null where it is none; commas are decimal where there is no point."""
    comma = text.str.contains(r"^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$").any()
    if comma and not text.str.contains(".", literal=True).any():
        text = text.str.replace(",", ".", literal=True)
    return text.cast(pl.Float64, strict=False)


def has_pairs(table: pl.DataFrame) -> bool:
    """Return whether a table names the pair of each row, by two columns or by ``id``."""
    both = has_column(table, "gene") and any(has_column(table, name) for name in PERTURBATION)
    return both or has_column(table, "id")


def pairs_in(table: pl.DataFrame, queries: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return ``row, context, perturbation, gene`` of a table, a row each.

    Parameters
    ----------
    table
        With columns ``perturbation`` or ``pert`` and ``gene``; or, without both, ``id``, which is
        ``{perturbation}_{gene}``. ``context`` is null where there is no such column.
    queries
        Pairs that are asked. The id of an asked pair is cut into its names, which hold ``_`` too; other ids
        are cut at their first ``_``.
    path
        For messages.

    Raises
    ------
    DataError
        A column or a name is missing, or an id is that of two asked pairs.
    """
    named = table.select("row")
    if has_column(table, "context"):
        named = named.with_columns(
            names_in(table, find_column(table, "context", path=path), path).alias("context")
        )
    else:
        named = named.with_columns(pl.lit(None, pl.String).alias("context"))
    if has_column(table, "id") and not (has_column(table, "gene")):
        ids = names_in(table, find_column(table, "id", path=path), path)
        return named.hstack(_pairs_of_ids(ids, queries, path))
    perturbation = names_in(table, find_column(table, *PERTURBATION, path=path), path)
    gene = names_in(table, find_column(table, "gene", path=path), path)
    return named.with_columns(perturbation.alias("perturbation"), gene.alias("gene"))


def _pairs_of_ids(ids: pl.Series, queries: pl.DataFrame, path: Path) -> pl.DataFrame:
    written = pl.concat_str("perturbation", "gene", separator="_").alias("id")
    known = queries.select("perturbation", "gene").unique().with_columns(written)
    twice = known.filter(pl.col("id").is_duplicated() & pl.col("id").is_in(ids.implode())).sort("id", "gene")
    if twice.height:
        first, second = (
            f"{pair} and {gene}" for pair, gene in twice.select("perturbation", "gene").rows()[:2]
        )
        raise DataError(
            f"{path}: id {shown(twice['id'][0])} may be {first}, or {second}; write columns "
            "'perturbation' and 'gene'"
        )
    cut = pl.col("id").str.splitn("_", 2).struct
    found = pl.DataFrame([ids.alias("id")]).join(known, on="id", how="left", maintain_order="left")
    return found.select(
        pl.col("perturbation").fill_null(cut[0]),
        pl.when(pl.col("perturbation").is_null()).then(cut[1].fill_null("")).otherwise("gene").alias("gene"),
    )
