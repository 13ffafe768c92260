"""Tables that need not fit in memory: their columns at once, their rows as they are walked.

Files are those of :mod:`core_harness.data.tables.reading`, and those of R, whose header may lack the name
of the first column. What is wrong with a row is found when it is walked.
"""

from __future__ import annotations

import csv
import gzip
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

import polars as pl

from core_harness.data.tables.reading import (
    GZIP,
    MISSING,
    PARQUET,
    SEPARATORS,
    TEXT,
    column_names,
    format_of,
    opening,
    separator_of,
)
from core_harness.errors import DataError

_BEGINNING = 1 << 20
"""Bytes of a file from which its header and the form of its numbers are read."""

_NUMBER = r"^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$"


class Scanned(NamedTuple):
    """A table whose rows are walked when they are needed, and its first rows as text.

    Of a text file all columns are strings; ``""`` is the name of a column that the header does not name.
    """

    frame: pl.LazyFrame
    first: pl.DataFrame
    decimal_comma: bool


def scan_table(path: Path, scratch: Path) -> Scanned:
    """Return the table in a file, lazily.

    Parameters
    ----------
    path
        As for :func:`~core_harness.data.tables.read_table`; fields may also be separated by spaces.
    scratch
        A folder into which a packed file is unpacked.

    Raises
    ------
    MissingDataError
        There is no such file.
    DataError
        The file cannot be read, is empty, damaged or not UTF-8, or names a column twice.
    """
    suffix, packed = format_of(path)
    with opening(path), path.open("rb") as file:
        zipped = file.read(2) == GZIP
    if suffix == PARQUET:
        with walking(path):
            frame = pl.scan_parquet(path, glob=False)
            return Scanned(frame, frame.head(100).collect(), decimal_comma=False)
    if packed and not zipped:
        raise DataError(f"{path} is not a gzip file; take '.gz' off its name, or get it again")
    return _scan_text(_unpacked(path, scratch) if zipped else path, SEPARATORS[suffix], path)


@contextmanager
def walking(path: Path) -> Iterator[None]:
    """Say in one line, with the name of a file, what is wrong with rows that are being walked."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        problem = str(error).strip().partition("\n")[0]
        raise DataError(f"{path} cannot be read to its end ({problem}); get or save it again") from None


def numbers(column: str, kind: pl.DataType, *, decimal_comma: bool) -> pl.Expr:
    """Return a column as numbers, null where it says none (:data:`MISSING`, NaN) and where it is none."""
    if kind not in TEXT:
        return pl.col(column).cast(pl.Float64, strict=False).fill_nan(None)
    text = pl.col(column).cast(pl.String).str.strip_chars()
    if decimal_comma:
        text = text.str.replace(",", ".", literal=True)
    return text.cast(pl.Float64, strict=False).fill_nan(None)


def unreadable(column: str, kind: pl.DataType, *, decimal_comma: bool) -> pl.Expr:
    """Return the text of a column where it is neither a number nor missing, null elsewhere."""
    if kind not in TEXT:
        return pl.lit(None, pl.String)
    text = pl.col(column).cast(pl.String).str.strip_chars()
    wrong = numbers(column, kind, decimal_comma=decimal_comma).is_null()
    said = ~text.str.to_lowercase().is_in([*MISSING, "none"])
    return pl.when(wrong & said).then(text)


def _unpacked(path: Path, scratch: Path) -> Path:
    plain = next(scratch / f"unpacked-{n}" for n in count() if not (scratch / f"unpacked-{n}").exists())
    try:
        with gzip.open(path) as packed, plain.open("xb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is a damaged gzip file ({error}); get it again") from None
    return plain


def _scan_text(plain: Path, separator: str, path: Path) -> Scanned:
    text, whole = _beginning(plain, path)
    separator = separator_of(text, separator)
    lines = text.splitlines(keepends=True)
    blank = next(at for at, line in enumerate(lines) if line.strip())
    if separator not in lines[blank] and lines[blank].strip().count(" ") > 1:
        separator = " "  # as R's write.table has it
    records = list(islice(_records(lines[blank:], separator), 101))
    header = column_names(records[0], blank + 1, path)
    # the last line of what was read may be a part of one
    body = [record for record in records[1 : None if whole or len(records) > 100 else -1] if record]
    if not body:
        raise DataError(f"{path} has a header but no rows; is it the right file?")
    if len(body[0]) == len(header) + 1 and "" not in header:
        header = ["", *header]
    first = pl.DataFrame(
        [record for record in body if len(record) == len(header)],
        schema=dict.fromkeys(header, pl.String),
        orient="row",
    )
    with walking(path):
        frame = pl.scan_csv(
            plain,
            has_header=False,
            skip_lines=blank + 1,
            separator=separator,
            schema=dict.fromkeys(header, pl.String),
            eol_char="\n" if "\n" in text else "\r",
            glob=False,
        )
    return Scanned(frame, first, decimal_comma=_has_decimal_comma(first))


def _beginning(plain: Path, path: Path) -> tuple[str, bool]:
    """Return the first text of a file, and whether that is all of it."""
    with opening(path), plain.open("rb") as file:
        content = file.read(_BEGINNING)
        whole = not file.read(1)
    try:
        text = content.decode("utf-8-sig", errors="strict" if whole else "ignore")
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8; save it as UTF-8") from None
    if not text.strip() or "\0" in text:
        raise DataError(
            f"{path} {'holds NUL characters' if text.strip() else 'is empty'}; is it the right file?"
        )
    return text, whole


def _records(lines: Sequence[str], separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=separator)
    except csv.Error:
        return


def _has_decimal_comma(first: pl.DataFrame) -> bool:
    """Return whether numbers of the first rows have a comma where others have a point."""
    fields = pl.concat([column.alias("field") for column in first.iter_columns()]).str.strip_chars()
    return bool(fields.str.contains(_NUMBER).any()) and not fields.str.contains(r"^[+-]?\d*\.\d+").any()
