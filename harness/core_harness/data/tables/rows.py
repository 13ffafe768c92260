"""Measured pairs: read from a table, and checked before use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import polars as pl

from core_harness.data.tables.drawn_split import divided
from core_harness.data.tables.identifiers import bring_together, called
from core_harness.data.tables.reading import (
    MISSING,
    TEXT,
    find_column,
    has_column,
    read_table,
    shown,
    without_blank_rows,
)
from core_harness.data.tables.three_way import rows_asked
from core_harness.errors import DataError
from core_harness.schemas import ROWS, in_order
from core_harness.vocabulary import Agent, Naming, Question

_UNIT = ("context", "perturbation")
_PAIR = (*_UNIT, "gene")
_SPLITS = ("train", "test")
_LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}
OF_PERTURBATION = ("cells", "knockdown")
"""What else a table may say of a perturbation in numbers: how many cells, how much of its target is lost."""
LIKE_CONTEXT = ("cell_line", "cell_type", "cell", "line", "tissue")
"""Columns that mostly say in what a pair was measured. They are pointed out, never taken unasked."""


class Measured(NamedTuple):
    """Measured pairs of a file, and what was left out of it or read in another way, a line each.

    ``three_way`` says whether the file holds both questions.
    """

    rows: pl.DataFrame
    notes: tuple[str, ...]
    three_way: bool = False


def read_rows(
    path: Path,
    *,
    context: str,
    context_column: str = "",
    question: Question = "de",
    split: str = "",
    split_seed: int = 0,
    naming: Naming | None = None,
    agent: Agent = "knockdown",
    part: bool = False,
) -> Measured:
    """Return the measured pairs of a file as checked :data:`~core_harness.schemas.ROWS` with ``row``.

    Columns :data:`OF_PERTURBATION` ride along, null where they are no numbers.

    Parameters
    ----------
    path
        A table with the columns ``pert`` or ``perturbation``, ``gene``, ``label``, ``split`` and perhaps
        ``context``, in any case; others are left out. Labels are ``0`` and ``1``; ``0.0`` and ``1.0``, as
        pandas writes them where a column once had a gap, count as the same, and so do ``TRUE`` and ``FALSE``
        in any case, and the booleans and the numbers 0 and 1 of a Parquet file. Labels may also be of three
        kinds (:mod:`~core_harness.data.tables.three_way`). Rows without a label (``NA``, ``NaN``, empty) and
        blank rows are left out and counted.
    context
        The context of all rows where the file has no such column.
    context_column
        The column of contexts, if it has another name.
    question
        Which rows are read where labels are of three kinds.
    split, split_seed
        How a file without a split is divided (:mod:`core_harness.data.held_out`).
    naming, agent
        How names are brought together, and what the perturbations are
        (:func:`~core_harness.data.tables.identifiers.bring_together`); None leaves names as they are.
    part
        Whether other files have the rest of the rows, perhaps all of one split.

    Raises
    ------
    DataError
        The file is not such a table (see :func:`~core_harness.data.tables.read_table`), it says in another
        column than ``context`` in what was measured, and several things there, or its rows break a rule
        (see :func:`check_rows`).
    """
    table, blank = without_blank_rows(read_table(path))
    names = {
        "perturbation": find_column(table, "perturbation", "pert", path=path),
        "gene": find_column(table, "gene", path=path),
    }
    label = find_column(table, "label", path=path)
    if context_column or has_column(table, "context"):
        names["context"] = find_column(table, context_column.casefold() or "context", path=path)
    else:
        _refuse_merging(table, path)
    of_split = None if naming is None else partial(called, agent=agent, naming=naming)
    table, not_divided = divided(table, names, split, seed=split_seed, path=path, called=of_split)
    table, not_asked, three_way = rows_asked(table, label, question, path)
    names["split"] = find_column(table, "split", path=path)
    for column in names.values():
        kind = table.schema[column]
        if not (kind in TEXT or kind.is_integer()):
            raise DataError(f"{path}, column {column!r}: values of type {kind} are no names; write text")
    also = _of_perturbation(table)
    rows = table.select(
        "row",
        _labels(table, label, path),
        pl.lit(context).alias("context"),
        *(pl.col(column).cast(pl.Float64, strict=False).alias(name) for name, column in also.items()),
    ).with_columns(table[column].cast(pl.String).alias(name) for name, column in names.items())
    rows = rows.with_columns(pl.col("split").str.strip_chars().str.to_lowercase())
    unlabelled, rows = rows.filter(pl.col("label").is_null()), rows.drop_nulls("label")
    notes = []
    if blank:
        notes.append(f"{blank:,} blank {'row was' if blank == 1 else 'rows were'} left out")
    if unlabelled.height:
        notes.append(f"{unlabelled.height:,} without a label left out, e.g. row {unlabelled['row'][0]}")
    rows = rows.select(*ROWS, "row", *also)
    notes += [*not_divided, *not_asked]
    if naming is not None:
        rows, said = bring_together(rows, str(path), agent=agent, naming=naming)
        notes += said
    return Measured(check_rows(rows, where=str(path), part=part), tuple(notes), three_way)


def _of_perturbation(table: pl.DataFrame) -> dict[str, str]:
    """Return the columns of :data:`OF_PERTURBATION` by their usual names; one that is there twice is not."""
    found: dict[str, str] = {}
    for name in OF_PERTURBATION:
        columns = [column for column in table.columns if column.casefold() == name]
        if len(columns) == 1 and (table.schema[columns[0]] in TEXT or table.schema[columns[0]].is_numeric()):
            found[name] = columns[0]
    return found


def _refuse_merging(table: pl.DataFrame, path: Path) -> None:
    """Refuse a table that names several contexts in a column of another name: they would be merged."""
    for column in table.columns:
        if column.casefold() in LIKE_CONTEXT and table[column].n_unique() > 1:
            first, second = table[column].unique(maintain_order=True).cast(pl.String)[:2]
            raise DataError(
                f"{path}: column {column!r} has {table[column].n_unique()} values ({shown(first)}, "
                f"{shown(second)}), and rows of different contexts are not put together; call it 'context', "
                f"or give -p dataset.context_column={column}"
            )


def check_rows(frame: pl.DataFrame, where: str, *, part: bool = False) -> pl.DataFrame:
    """Return measured pairs in order, or say in one line what is wrong with them.

    Parameters
    ----------
    frame
        Frame of :data:`~core_harness.schemas.ROWS`. Where a column ``row`` rides along, messages name it.
    where
        The file or the dataset, for messages.
    part
        Whether there are other rows, which may be those of the other split.

    Returns
    -------
    polars.DataFrame
        Sorted by (context, perturbation, gene), each once, names without white space around them. Pairs
        whose gene is the perturbed gene are left out, and so are repetitions of a row.

    Raises
    ------
    DataError
        A name is missing or holds a control character, a label is not 0 or 1, a split is neither
        ``train`` nor ``test``, a pair occurs twice with different labels or splits, a perturbation of
        one context is in both splits, or a split has no rows.
    """
    rows = _named(frame, where)
    wrong = rows.filter(pl.col("label").is_null() | (pl.col("label") > 1))
    _refuse(wrong, where, "label {label} is not 0 or 1")
    wrong = rows.filter(~pl.col("split").is_in(_SPLITS))
    _refuse(wrong, where, "unknown split {split}; write 'train' or 'test'")

    if not in_order(rows, _PAIR):
        rows = _once(rows.sort(c for c in (*_PAIR, "row") if c in rows.columns), where)
    if (rows["perturbation"] == rows["gene"]).any():
        rows = rows.filter(pl.col("perturbation") != pl.col("gene"))
    _refuse(
        _after_its_like(rows.unique([*_UNIT, "split"], keep="first", maintain_order=True), _UNIT),
        where,
        "perturbation {perturbation} of context {context} is in split {split}, but in {split_before} "
        f"{_elsewhere(rows)}; keep a perturbation in one split",
    )
    for split in () if part else _SPLITS:
        if split not in rows["split"]:
            raise DataError(f"{where}: the {split} split is empty; a dataset needs rows of both splits")
    return rows


def _named(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Return rows with no white space around their names; refuse a name that is missing or damaged.

    Each name is looked at once, and rows only where a name of theirs is wrong.
    """
    rows = frame
    for name in (*_PAIR, "split"):
        names = rows[name].unique()
        if (names != names.str.strip_chars()).any():
            rows = rows.with_columns(pl.col(name).str.strip_chars())
            names = rows[name].unique()
        if names.has_nulls() or "" in names:
            missing = rows.filter(pl.col(name).is_null() | (pl.col(name) == ""))
            _refuse(missing, where, f"no {name}; fill it in, or take the row out")
    for name in _PAIR:
        names = rows[name].unique()
        bad = names.filter(names.str.contains(r"\p{Cc}"))
        problem = f"a control character in {name} {{{name}}}; is a quote left open?"
        _refuse(rows.filter(pl.col(name).is_in(bad.implode())) if len(bad) else rows.clear(), where, problem)
    return rows


def _labels(table: pl.DataFrame, column: str, path: Path) -> pl.Series:
    """Return labels, null where there is none (:data:`MISSING`); refuse what is neither 0 nor 1."""
    kind = table.schema[column]
    written = table[column]
    if kind in TEXT:
        text = written.cast(pl.String).str.strip_chars().str.to_lowercase()
        labels = text.replace_strict(_LABELS, default=None, return_dtype=pl.UInt8)
        missing = written.is_null() | text.is_in(list(MISSING))
    elif kind.is_numeric() or kind == pl.Boolean:
        number = written.cast(pl.Float64).fill_nan(None)
        labels = number.set(~number.is_in([0.0, 1.0]), None).cast(pl.UInt8)
        missing = number.is_null()
    else:
        raise DataError(f"{path}, column {column!r}: values of type {kind} are no labels; write 0 and 1")
    quoted = pl.DataFrame([table["row"], written.cast(pl.String).fill_null("").alias("label")])
    _refuse(
        quoted.filter(labels.is_null() & ~missing),
        str(path),
        "label {label} is not 0 or 1; write 1 where the answer is yes and 0 where it is no",
    )
    return labels.alias("label")


def _once(rows: pl.DataFrame, where: str) -> pl.DataFrame:
    """Return sorted rows with each pair once; contradictory rows of a pair stay, next to each other."""
    repeated = _after_its_like(rows, _PAIR)
    for column in ("label", "split"):
        _refuse(
            repeated.filter(pl.col(column) != pl.col(f"{column}_before")),
            where,
            f"{{perturbation}} and {{gene}} in context {{context}} have {column} {{{column}}}, but "
            f"{{{column}_before}} {_elsewhere(rows)}; keep one of the two",
        )
    return rows.unique(_PAIR, keep="first", maintain_order=True) if repeated.height else rows


def _after_its_like(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return the rows whose ``key`` is that of the row before, with that row's values as ``*_before``."""
    before = [pl.col(c).shift(1).alias(f"{c}_before") for c in ("label", "split", "row") if c in rows.columns]
    alike = pl.all_horizontal(pl.col(c) == pl.col(c).shift(1) for c in key)
    return rows.with_columns(*before, alike.alias("alike")).filter("alike")


def _elsewhere(rows: pl.DataFrame) -> str:
    return "in row {row_before}" if "row" in rows.columns else "elsewhere"


def _refuse(bad: pl.DataFrame, where: str, problem: str) -> None:
    """Raise ``problem`` about the first of the ``bad`` rows, if there are any; ``{column}`` quotes it."""
    if bad.is_empty():
        return
    first = bad.sort("row").row(0, named=True) if "row" in bad.columns else bad.row(0, named=True)
    at = f", row {first['row']}" if "row" in first else ""
    more = f" (and {bad.height - 1} more like it)" if bad.height > 1 else ""
    quoted = {name: shown(value) if isinstance(value, str) else value for name, value in first.items()}
    raise DataError(f"{where}{at}: {problem.format_map(quoted)}{more}")
