"""Matrices of scores: perturbations in rows and genes in columns, or the other way round."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core_harness.data.predicted.columns import PERTURBATION, names_in, numbers_in
from core_harness.data.predicted.predictions import PREDICTED, Predictions
from core_harness.data.tables.reading import TEXT, find_column, has_column, shown
from core_harness.errors import DataError
from core_harness.vocabulary import Question

_AXES = {**dict.fromkeys(PERTURBATION, "perturbation"), "gene": "gene"}
_OTHER = {"perturbation": "gene", "gene": "perturbation"}


def is_matrix(table: pl.DataFrame, queries: pl.DataFrame) -> bool:
    """Return whether columns are called like perturbations or genes that are asked about, in any case."""
    headings = {_folded(name) for name in table.columns}
    return any(headings & set(_folded_names(queries, axis)) for axis in _OTHER)


def read_wide(table: pl.DataFrame, queries: pl.DataFrame, question: Question, path: Path) -> Predictions:  # noqa: ARG001
    """Return those predictions of a matrix that are about asked pairs, in any case of letters.

    The names of rows are in the column ``perturbation``, ``pert`` or ``gene``, which then says what rows are;
    else in the first column of text, and what rows are is what finds more of the asked pairs. A column
    ``context`` is taken as such.

    Raises
    ------
    DataError
        No names of rows, or rows and columns have no names of the dataset, or both ways find as many pairs.
    """
    context = find_column(table, "context", path=path) if has_column(table, "context") else None
    index = _index_of(table, context, path)
    values = [name for name in table.columns if name not in {"row", index, context}]
    rows = names_in(table, index, path)
    in_rows = _AXES.get(index.casefold()) or _axis_of(rows, values, queries, path)
    in_columns = _OTHER[in_rows]
    asked = set(_folded_names(queries, in_columns))
    table = table.select(
        "row",
        pl.lit(None, pl.String).alias("context")
        if context is None
        else names_in(table, context, path).alias("context"),
        rows.alias(in_rows),
        *(pl.col(name) for name in values if _folded(name) in asked),
    )
    table = table.filter(pl.col(in_rows).str.to_lowercase().is_in(_folded_names(queries, in_rows).to_list()))
    long = table.unpivot(index=["row", "context", in_rows], variable_name=in_columns, value_name="score")
    long = long.with_columns(
        pl.col(in_columns).str.strip_chars(), numbers_in(long, "score", path).alias("score")
    )
    said = f"a matrix with {len(rows):,} {in_rows}s in rows and {len(values):,} {in_columns}s in columns"
    return Predictions(frame=long.select(*PREDICTED), rows=len(rows) * len(values), format="wide", said=said)


def _index_of(table: pl.DataFrame, context: str | None, path: Path) -> str:
    """Return the column that names the rows."""
    named = [name for name in table.columns if name.casefold() in _AXES]
    text = [name for name, kind in table.schema.items() if kind in TEXT and name != context]
    if not (named or text):
        raise DataError(f"{path}: a matrix without names of its rows; add a column 'perturbation' or 'gene'")
    return (named or text)[0]


def _axis_of(rows: pl.Series, columns: list[str], queries: pl.DataFrame, path: Path) -> str:
    """Return what rows are, going by the number of asked pairs that are found so."""
    folded = rows.str.to_lowercase().to_list(), [_folded(name) for name in columns]

    def found(in_rows: str, in_columns: str) -> int:
        lower = (pl.col(name).str.to_lowercase() for name in (in_rows, in_columns))
        return queries.filter(*(name.is_in(known) for name, known in zip(lower, folded, strict=True))).height

    pairs = {axis: found(axis, other) for axis, other in _OTHER.items()}
    best = max(pairs, key=lambda axis: pairs[axis])
    if not pairs[best]:
        raise DataError(
            f"{path}: a matrix of names that the dataset does not ask about; its first row is "
            f"{shown(rows[0])}, its first column {shown(columns[0] if columns else '')}"
        )
    if pairs[best] == pairs[_OTHER[best]]:
        raise DataError(
            f"{path}: rows may be perturbations as well as genes; call the column of their names "
            "'perturbation' or 'gene'"
        )
    return best


def _folded(name: str) -> str:
    return name.strip().lower()


def _folded_names(queries: pl.DataFrame, axis: str) -> pl.Series:
    return queries[axis].unique().str.to_lowercase()
