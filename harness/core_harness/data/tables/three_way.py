"""Tables whose labels are ``up``, ``down`` and ``none`` (or 1, -1 and 0): two questions in one file.

``de`` asks which pairs change, ``dir`` which of those that change go up. Rows are chosen here, before a
method sees any, because the pairs that ``dir`` asks about are the answer to ``de``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from core_harness.data.tables.reading import MISSING, TEXT, shown
from core_harness.errors import DataError
from core_harness.vocabulary import Question

_WORDS = {"up": "up", "down": "down", "none": "none", "ambiguous": "ambiguous"}
_NUMBERS = {
    "1": "up",
    "+1": "up",
    "1.0": "up",
    "-1": "down",
    "-1.0": "down",
    "0": "none",
    "0.0": "none",
    "-0.0": "none",
}
_ANSWERS: Mapping[Question, Mapping[str, str]] = {
    "de": {"up": "1", "down": "1", "none": "0"},
    "dir": {"up": "1", "down": "0"},
}


class Asked(NamedTuple):
    """The rows that a question asks about, with labels 1 and 0, and what was left out, a line each."""

    table: pl.DataFrame
    notes: tuple[str, ...]
    three_way: bool


def rows_asked(table: pl.DataFrame, column: str, question: Question, path: Path) -> Asked:
    """Return the rows of a table that a question asks about, if its labels are of three kinds, else all.

    Rows without a label stay.

    Raises
    ------
    DataError
        Labels of three kinds stand among others, or the question is about rows that the table does not have.
    """
    if not (table.schema[column] in TEXT or table.schema[column].is_numeric()):
        return Asked(table, (), three_way=False)
    text = table[column].cast(pl.String).str.strip_chars().str.to_lowercase()
    missing = text.is_null() | text.is_in(list(MISSING))
    meanings = _meanings(set(text.filter(~missing).unique()))
    if meanings is None:
        return Asked(table, (), three_way=False)
    kind = text.replace_strict(meanings, default=None, return_dtype=pl.String)
    if (wrong := table.filter(kind.is_null() & ~missing)).height:
        row = wrong.row(0, named=True)
        raise DataError(
            f"{path}, row {row['row']}: label {shown(row[column])} is not one of "
            f"{', '.join(dict.fromkeys(meanings))}, as the others are"
        )
    answers = _ANSWERS[question]
    labels = kind.replace_strict(answers, default=None, return_dtype=pl.String)
    if labels.n_unique() - int(labels.has_nulls()) == 0 or (
        question == "de" and "none" not in set(kind.unique())
    ):
        raise DataError(_not_asked(question, path))
    asked = table.with_columns(labels.alias(column)).filter(labels.is_not_null() | missing)
    left_out = {"ambiguous": (kind == "ambiguous").sum()}
    notes = [f"{number:,} {what} left out" for what, number in left_out.items() if number]
    if question == "dir":
        notes.append(f"{(kind == 'none').sum():,} that do not change are not asked for a direction")
    return Asked(asked, tuple(notes), three_way=True)


def _meanings(values: set[str]) -> Mapping[str, str] | None:
    """Return what labels mean, or None where they are not of three kinds."""
    if values & set(_WORDS):
        return _WORDS
    return _NUMBERS if values & {"-1", "-1.0"} else None


def _not_asked(question: Question, path: Path) -> str:
    if question == "de":
        return f"{path} has no row without a change, so it can only be asked for directions: --question dir"
    return (
        f"{path} has no row that changes, so there is no direction to ask for; --question de asks for changes"
    )
