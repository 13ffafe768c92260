"""Reading tables of any format without conversion.

Names of genes look like numbers, dates and missing values (``1E5``, ``MARCH1``, ``NA``), so no type is
ever guessed: a field of a text file is its text. Rows are counted as a spreadsheet
shows them, the header being row 1; a Parquet file has no header row, its first row is row 1.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import re
import textwrap
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from core_harness.errors import DataError, MissingDataError

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_MARKS = (",", "\t", ";")
PARQUET = ".parquet"
GZIP = b"\x1f\x8b"

TEXT = (pl.String, pl.Categorical, pl.Enum, pl.Null)
"""Types of columns that hold text."""
MISSING = ("", "na", "nan", "n/a", "null")
"""What a field says, in small letters, that has no value."""


def read_table(path: Path) -> pl.DataFrame:
    """Return the table in a file, with a first column ``row``: the place in the file.

    Parameters
    ----------
    path
        ``.csv`` (commas), ``.tsv`` or ``.txt`` (tabs), each perhaps followed by ``.gz``, or
        ``.parquet``. A header without the separator of the ending, but with a comma, a tab or a semicolon, is
        separated by that. Text is UTF-8, with or without a byte order mark, its lines ended in any way, its
        fields quoted with ``"`` where they hold a separator, a quote or a line break.

    Returns
    -------
    polars.DataFrame
        Of a text file all columns are strings, an empty field is ``""``, names of columns are stripped,
        and blank lines are counted but left out. Of a Parquet file the columns keep their types. A
        column of the file that is called ``row`` is dropped.

    Raises
    ------
    MissingDataError
        There is no such file.
    DataError
        The name ends in another way, or the file cannot be read, is empty, damaged or not UTF-8, has no
        rows, names a column twice, or has rows of different lengths.
    """
    suffix, packed = format_of(path)
    if suffix == PARQUET:
        table = _from_parquet(_content(path), path)
    else:
        table = _from_text(_unpacked(_content(path), path, packed=packed), SEPARATORS[suffix], path)
    if table.is_empty():
        raise DataError(f"{path} has a header but no rows; is it the right file?")
    return table


def format_of(path: Path) -> tuple[str, bool]:
    """Return the ending that says what a table is, and whether it is packed as ``.gz``.

    Raises :class:`~core_harness.errors.DataError` where the name is not that of a table.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    suffix = "".join(suffixes[-2:-1] if packed else suffixes[-1:])
    if suffix in SEPARATORS or (suffix == PARQUET and not packed):
        return suffix, packed
    known = f"{', '.join(SEPARATORS)} (each also with .gz) or {PARQUET}"
    raise DataError(f"{path} is not the name of a table; it should end in {known}")


def find_column(table: pl.DataFrame, *names: str, path: Path) -> str:
    """Return which of ``names``, all of which mean the same in any case, is a column of ``table``.

    Raises :class:`~core_harness.errors.DataError` where none is, with the closest name there is, or
    where more than one is.
    """
    found = [column for name in names for column in table.columns if column.casefold() == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(f"{path}: columns {' and '.join(map(repr, found))} mean the same; keep one")
    there = {column.casefold(): column for column in table.columns if column != "row"}
    close = [found for name in names for found in difflib.get_close_matches(name, there, n=1)]
    guess = f"; did you mean {there[close[0]]!r}?" if close else ""
    listing = textwrap.shorten(", ".join(there.values()), 200, placeholder=" ...")
    raise DataError(f"{path}: no column {' or '.join(map(repr, names))}{guess} (columns: {listing})")


def has_column(table: pl.DataFrame, name: str) -> bool:
    """Return whether :func:`find_column` would find a column of this name, or several."""
    return any(column.casefold() == name for column in table.columns)


def without_blank_rows(table: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return a table without rows in which every field is blank, and how many there were.

    Spreadsheets write such rows, of separators alone, behind the last one that was ever used.
    """
    fields = [pl.col(name) for name, kind in table.schema.items() if kind == pl.String]
    if len(fields) < len(table.columns) - 1:  # numbers of a Parquet file are never blank text
        return table, 0
    left = table.filter(~pl.all_horizontal(field.str.strip_chars() == "" for field in fields))
    return left, table.height - left.height


def shown(value: object) -> str:
    """Return a value as messages quote it: at most 40 characters of it."""
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}...")


@contextmanager
def opening(path: Path) -> Iterator[None]:
    """Say in one line why a file cannot be read. Raises :class:`~core_harness.errors.DataError`."""
    try:
        yield
    except FileNotFoundError:
        raise MissingDataError(f"{path} is not there; check the name") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder; name a file in it") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(
            f"{shown(path)} cannot be read: {reason}; check the name and who may read it"
        ) from None


def _content(path: Path) -> bytes:
    with opening(path):
        return path.read_bytes()


def _unpacked(content: bytes, path: Path, *, packed: bool) -> bytes:
    if content.startswith(GZIP):
        try:
            content = gzip.decompress(content)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path} is a damaged gzip file ({error}); get it again") from None
    elif packed:
        raise DataError(f"{path} is not a gzip file; take '.gz' off its name, or get it again")
    return content


def _decoded(content: bytes, separator: str, path: Path) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # error.object is the content without its mark
        row = _row_after(error.object[: error.start].decode(), separator)
        byte = error.object[error.start]
        raise DataError(f"{path}, row {row}: byte 0x{byte:02x} is not UTF-8; save it as UTF-8") from None
    before, nul, _ = text.partition("\0")
    if nul:
        row = _row_after(before, separator)
        raise DataError(f"{path}, row {row}: a NUL character; save the file as text in UTF-8")
    if not text.strip():
        raise DataError(f"{path} is empty; is it the right file?")
    return text


def _row_after(text: str, separator: str) -> int:
    """Return the row that is being written where ``text`` breaks off."""
    records, error = _records(f"{text}x", separator, strict=False)
    return len(records) + (error is not None)


def _records(text: str, separator: str, *, strict: bool) -> tuple[list[list[str]], csv.Error | None]:
    """Return the records of a text, up to the first that breaks the format, and what is wrong with it."""
    # the csv module, because polars fills short rows up in silence and cannot say which row is wrong
    records: list[list[str]] = []
    try:
        records.extend(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict))
    except csv.Error as error:
        return records, error
    return records, None


def separator_of(text: str, expected: str) -> str:
    """Return what separates the fields of a header: what is expected, or what it has in place of that."""
    first = re.search(r"[^\r\n]+", text)
    (header,), _ = _records(first[0] if first else "", expected, strict=False)
    others = {mark: header[0].count(mark) for mark in _MARKS}
    most = max(others, key=lambda mark: others[mark])
    # two at least, because a table of three columns is the narrowest that anything here takes
    return expected if len(header) > 1 or others[most] < 2 else most


def _from_text(content: bytes, separator: str, path: Path) -> pl.DataFrame:
    text = _decoded(content, separator, path)
    separator = separator_of(text, separator)
    if (table := _plain(text, separator, path)) is not None:
        return table
    records, error = _records(text, separator, strict=True)
    if error:
        raise DataError(f"{path}, row {len(records) + 1}: {error}; is a quote left open?")
    first, *places = [row for row, record in enumerate(records, 1) if record]
    header, *body = [record for record in records if record]
    header = column_names(header, first, path)
    for row, record in zip(places, body, strict=True):
        if len(record) != len(header):
            raise DataError(
                f"{path}, row {row}: the number of fields is {len(record)}, in the header {len(header)}; "
                "quote fields that hold a separator, and fill short rows up"
            )
    table = pl.DataFrame(body, schema=dict.fromkeys(header, pl.String), orient="row")
    return table.select(pl.Series("row", places, pl.UInt32), pl.exclude("row"))


def _plain(text: str, separator: str, path: Path) -> pl.DataFrame | None:
    """Return the table of a text of lines with equal numbers of fields; None for one that may be another.

    It has no quotes, no blank lines, and polars reads it in a tenth of the time of the csv module.
    """
    if any(mark in text for mark in ('"', "\r", "\n\n")) or text.strip("\n") != text.removesuffix("\n"):
        return None
    head, _, body = text.partition("\n")
    names = column_names(head.split(separator), 1, path)
    lines = body.count("\n") + (not body.endswith("\n"))
    if not body or len(names) < 2 or body.count(separator) != (len(names) - 1) * lines:
        return None
    try:
        table = pl.read_csv(
            body.encode(),
            has_header=False,
            new_columns=names,
            separator=separator,
            quote_char=None,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:  # a line is longer than others, and another one shorter
        return None
    if max(table.select(pl.all().str.len_chars().max().fill_null(0)).row(0)) > csv.field_size_limit():
        return None
    return table.drop("row", strict=False).fill_null("").with_row_index("row", offset=2)


def column_names(header: list[str], row: int, path: Path) -> list[str]:
    """Return the fields of a header without white space around them, or refuse one that occurs twice."""
    names = [column.strip() for column in header]
    column, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise DataError(f"{path}, row {row}: column {shown(column)} occurs {times} times; rename it")
    return names


def _from_parquet(content: bytes, path: Path) -> pl.DataFrame:
    try:
        table = pl.read_parquet(io.BytesIO(content))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path} is not a whole Parquet file ({error}); get it again") from None
    return table.drop("row", strict=False).with_row_index("row", offset=1)
