"""Measured pairs in a folder of Parquet files, read one after the other."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core_harness.data.tables.reading import PARQUET
from core_harness.data.tables.rows import Measured, read_rows
from core_harness.errors import DataError, MissingDataError
from core_harness.schemas import ROWS
from core_harness.vocabulary import Agent, Naming, Question


def read_folder(
    folder: Path,
    *,
    context: str,
    context_column: str = "",
    question: Question = "de",
    naming: Naming | None = None,
    agent: Agent = "knockdown",
) -> Measured:
    """Return the measured pairs of all Parquet files of a folder, in the order of their names.

    Each file is a table as :func:`~core_harness.data.tables.read_rows` takes it, with a split of its own;
    both splits need not be in every file. What holds between files, such as a pair in two of them, is checked
    where a dataset is loaded. Only the columns of :data:`~core_harness.schemas.ROWS` are kept.

    Parameters
    ----------
    folder
        The folder; files of other names, and folders in it, are not read.
    context, context_column, question, naming, agent
        As for :func:`~core_harness.data.tables.read_rows`, of each file.

    Raises
    ------
    MissingDataError
        The folder holds no Parquet file.
    DataError
        A file is no such table, or some files hold both questions and others do not.
    """
    found = []
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == PARQUET and path.is_file())
    if not paths:
        raise MissingDataError(f"{folder} holds no file *{PARQUET}; check the name of the folder")
    for path in paths:
        measured = read_rows(
            path,
            context=context,
            context_column=context_column,
            question=question,
            naming=naming,
            agent=agent,
            part=True,
        )
        found.append(measured._replace(rows=measured.rows.select(*ROWS)))
    if len({measured.three_way for measured in found}) > 1:
        raise DataError(f"{folder}: labels are of three kinds in some files, not in all; write them alike")
    return Measured(
        pl.concat([measured.rows for measured in found]), _notes(paths, found), found[0].three_way
    )


def _notes(paths: list[Path], found: list[Measured]) -> tuple[str, ...]:
    """Return what was said of files, each sentence once, with the first file that it is about."""
    first: dict[str, list[str]] = {}
    for path, measured in zip(paths, found, strict=True):
        for note in measured.notes:
            first.setdefault(note, []).append(path.name)
    return tuple(
        f"{names[0]}{f' and {len(names) - 1:,} more files' if len(names) > 1 else ''}: {note}"
        for note, names in first.items()
    )
