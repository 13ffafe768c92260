"""Files of knowledge, plain or gzip: their text, their tables, and one clear line about bad ones.

Rows are numbered as a spreadsheet does: the first line of the file is row 1.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from core_harness.errors import DataError, MissingDataError, unknown

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


def read_bytes(path: Path) -> bytes:
    """Return the content as it is on disk.

    Raises :class:`~core_harness.errors.MissingDataError` where there is no file, and
    :class:`~core_harness.errors.DataError` for one that cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MissingDataError(
            f"{path} is not there; `core-harness data pull kg` gets the files of the shipped layers; put "
            "those of other layers there by hand; CORE_HARNESS_DATA names another data folder"
        ) from None
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror}; check what it is and who may read it"
        ) from None


def read_utf8(path: Path) -> bytes:
    r"""Return the content as valid UTF-8 without byte order mark, lines ended by ``\n``.

    Raises what :func:`read_bytes` does, and :class:`~core_harness.errors.DataError` for a file that is
    empty, a damaged gzip file (a name that ends in ``.gz`` promises one), or not UTF-8.
    """
    content = read_bytes(path)
    if content.startswith(_GZIP):
        content = _decompressed(content, path)
    elif content and path.suffix == ".gz":
        raise DataError(f"{path} is not a gzip file; take '.gz' off its name, or get the file again")
    content = content.removeprefix(_BOM).replace(b"\r\n", b"\n")
    if not content.strip():
        raise DataError(f"{path} is empty; get the file again")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise DataError(
            f"{path}, row {row}: byte 0x{byte:02x} is not UTF-8; save the file in the encoding UTF-8"
        ) from None
    return content


def read_columns(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> pl.DataFrame:
    """Return ``row`` and the named columns of a tab-separated table with a header, as stripped strings.

    Quotation marks have no meaning, blank lines are left out. An ``optional`` column is null where the
    file does not have it, or the field is empty. Raises
    :class:`~core_harness.errors.DataError` where a column is missing or occurs twice, a row is longer
    than the header, a wanted field is empty, or there are no rows.
    """
    content = read_utf8(path)
    header = content.partition(b"\n")[0].decode().split("\t")
    for column in (*columns, *optional):
        if column not in header and column in columns:
            raise DataError(f"{path}, row 1: {unknown('column', column, header)}")
        if header.count(column) > 1:
            raise DataError(f"{path}, row 1: column {column!r} occurs twice; rename one")
    try:
        table = pl.read_csv(content, separator="\t", quote_char=None, infer_schema=False)
    except pl.exceptions.ComputeError:
        raise DataError(_longer_than_header(content, path)) from None
    table = (
        table.with_row_index("row", offset=2)
        .filter(~pl.all_horizontal(pl.exclude("row").is_null()))
        .select(
            "row",
            *(pl.col(column).str.strip_chars().fill_null("") for column in columns),
            *(_optional(column, header) for column in optional),
        )
    )
    if table.is_empty():
        raise DataError(f"{path} has a header but no rows; get the file again")
    for column in columns:
        refuse(
            table.filter(pl.col(column) == ""), path, column, "the field is empty; fill it or delete the row"
        )
    return table


def refuse(bad: pl.DataFrame, path: Path, column: str, problem: str) -> None:
    """Raise :class:`~core_harness.errors.DataError` about the first of the ``bad`` rows, if there are any.

    ``bad`` has the columns ``row`` and ``column``; ``{value}`` in ``problem`` is replaced by what was found.
    """
    if bad.is_empty():
        return
    row, value = bad.select("row", column).row(0)
    more = f" ({bad.height} such rows)" if bad.height > 1 else ""
    raise DataError(f"{path}, row {row}, column {column!r}: {problem.format(value=repr(value))}{more}")


def _optional(column: str, header: Sequence[str]) -> pl.Expr:
    if column not in header:
        return pl.lit(None, pl.String).alias(column)
    return pl.col(column).str.strip_chars().replace("", None)


def _decompressed(content: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path} is a damaged gzip file; get the file again") from None


def _longer_than_header(content: bytes, path: Path) -> str:
    lines = content.split(b"\n")
    wanted = lines[0].count(b"\t") + 1
    row, got = next(
        (i, line.count(b"\t") + 1) for i, line in enumerate(lines, 1) if line.count(b"\t") >= wanted
    )
    return f"{path}, row {row}: {got} fields where the header has {wanted}; take the tabs out of its fields"
