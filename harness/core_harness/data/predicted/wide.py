"""Matrices of scores: perturbations in rows and genes in columns, or the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from core_harness.data.predicted.columns import PERTURBATION, Axis, asked_as, names_in, numbers_in
from core_harness.data.predicted.predictions import PREDICTED, Predictions
from core_harness.data.tables.reading import TEXT, find_column, has_column, shown
from core_harness.errors import DataError
from core_harness.vocabulary import Question

_AXES: Mapping[str, Axis] = {**dict.fromkeys(PERTURBATION, "perturbation"), "gene": "gene"}
_OTHER: Mapping[Axis, Axis] = {"perturbation": "gene", "gene": "perturbation"}


def is_matrix(table: pl.DataFrame, queries: pl.DataFrame) -> bool:
    """Return whether columns are called like perturbations or genes that are asked about.

    One is enough in any case of letters, two under another spelling: a name such as ``A_1`` may be no guide.
    """
    headings = [name.strip() for name in table.columns]
    for axis in _OTHER:
        asked = asked_as(headings, queries, axis)
        if len(asked) > 1 or any(name.lower() == own.lower() for name, own in asked.items()):
            return True
    return False


def read_wide(table: pl.DataFrame, queries: pl.DataFrame, question: Question, path: Path) -> Predictions:  # noqa: ARG001
    """Return those predictions of a matrix that are about asked pairs, in any spelling.

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
    asked = asked_as([name.strip() for name in values], queries, in_columns)
    asked_rows = pl.Series([*asked_as(rows, queries, in_rows)], dtype=pl.String)
    table = table.select(
        "row",
        pl.lit(None, pl.String).alias("context")
        if context is None
        else names_in(table, context, path).alias("context"),
        rows.alias(in_rows),
        *(pl.col(name) for name in values if name.strip() in asked),
    )
    table = table.filter(pl.col(in_rows).is_in(asked_rows.implode()))
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


def _axis_of(rows: pl.Series, columns: list[str], queries: pl.DataFrame, path: Path) -> Axis:
    """Return what rows are, going by the number of asked pairs that are found so."""
    headings = [name.strip() for name in columns]

    def found(in_rows: Axis, in_columns: Axis) -> int:
        named: dict[Axis, Iterable[str]] = {in_rows: rows, in_columns: headings}
        known = {axis: [*asked_as(names, queries, axis).values()] for axis, names in named.items()}
        return queries.filter(*(pl.col(axis).is_in(names) for axis, names in known.items())).height

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
