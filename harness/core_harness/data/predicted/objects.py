"""Files as tables: CSV, Parquet, JSON, and the pickles that PerturbQA's authors publish."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core_harness.data.tables.plain_pickle import load_plain_pickle
from core_harness.data.tables.reading import read_table, shown
from core_harness.errors import DataError, MissingDataError
from core_harness.vocabulary import Question


def read_file(path: Path, question: Question) -> pl.DataFrame:
    """Return the table in a file of any kind, with a first column ``row``.

    Parameters
    ----------
    path
        A table (see :func:`~core_harness.data.tables.read_table`); ``.json`` with a list of rows or an object
        of columns; or ``.pkl`` with such an object. Columns may also be named as in PerturbQA's published
        results: ``key`` or ``de_key``, a list of (perturbation, gene), with ``de_pred``; for the question
        ``dir`` ``key`` or ``dir_key`` with ``dir_pred``.
    question
        Which of PerturbQA's columns are meant.

    Raises
    ------
    MissingDataError
        There is no such file.
    DataError
        The file is not of such a form.
    """
    suffix = path.suffix.lower()
    if suffix not in {".json", ".pkl", ".pickle"}:
        return read_table(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise MissingDataError(f"{path} is not there; check the name") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; check the name") from None
    if suffix == ".json":
        return _as_table(_from_json(content, path), question, path)
    return _as_table(load_plain_pickle(content, path), question, path)


def _from_json(content: bytes, path: Path) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise DataError(f"{path} is not JSON ({error}); save it again") from None


def _as_table(content: Any, question: Question, path: Path) -> pl.DataFrame:
    """Return a list of rows or an object of columns as a table with ``row``, counted from 1."""
    if isinstance(content, Mapping):
        columns = _published(content, question, path)
    elif isinstance(content, Sequence) and all(isinstance(row, Mapping) for row in content):
        names = list(dict.fromkeys(key for row in content for key in row))
        columns = {str(name): [row.get(name) for row in content] for name in names}
    else:
        raise DataError(
            f"{path} holds {type(content).__name__}, wanted a list of rows or an object of columns"
        )
    series = [_column(name, values, path) for name, values in columns.items() if name != "row"]
    lengths = {len(column) for column in series}
    if len(lengths) != 1 or lengths == {0}:
        listed = ", ".join(f"{column.name} {len(column):,}" for column in series) or "none"
        raise DataError(f"{path}: columns must be equally long and not empty (entries: {listed})")
    return pl.DataFrame(series).with_row_index("row", offset=1)


def _published(content: Mapping[Any, Any], question: Question, path: Path) -> dict[str, Any]:
    """Return the columns of an object, those of PerturbQA's results under their usual names."""
    keys = [key for key in (f"{question}_key", "key") if key in content]
    if not keys:
        return {str(name): values for name, values in content.items() if _is_column(values)}
    if (score := f"{question}_pred") not in content:
        raise DataError(f"{path} has {keys[0]!r} but no {score!r}; is it about the other question?")
    pairs = content[keys[0]]
    if not _is_column(pairs) or any(not _is_column(pair) or len(pair) != 2 for pair in pairs):
        raise DataError(f"{path}: {keys[0]!r} is not a list of (perturbation, gene)")
    return {
        "perturbation": [pair[0] for pair in pairs],
        "gene": [pair[1] for pair in pairs],
        "score": content[score],
    }


def _is_column(values: object) -> bool:
    return isinstance(values, list | tuple) or (isinstance(values, np.ndarray) and values.ndim > 0)


def _column(name: str, values: Any, path: Path) -> pl.Series:
    """Return values as numbers, where all of them are, or as text."""
    array = np.asarray(values, dtype=object) if isinstance(values, list | tuple) else values
    plain = [value.item() if isinstance(value, np.generic) else value for value in array.tolist()]
    for row, value in enumerate(plain, start=1):
        if not isinstance(value, str | int | float | None):
            raise DataError(
                f"{path}, row {row}, column {shown(name)}: {type(value).__name__} is no single value"
            )
    if any(isinstance(value, str) for value in plain):
        return pl.Series(name, [None if value is None else str(value) for value in plain], pl.String)
    return pl.Series(name, [None if value is None else float(value) for value in plain], pl.Float64)
