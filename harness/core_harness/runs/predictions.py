"""``predictions.parquet``: read only after its footer and the headers of its pages say that it is small.

A Parquet file of a few hundred kilobytes may hold gigabytes. The footer states the number of rows, each page
header how many values it holds and how large it becomes; both are read here before any row is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from core_harness.errors import PluginError, RunError
from core_harness.runs.reading import read_bytes
from core_harness.runs.thrift import Reader, Struct
from core_harness.schemas import PAIRS, PREDICTIONS, check

FILE = "predictions.parquet"

MOST_ROWS = 50_000_000
"""Where it is not known how many were asked."""
BYTES_A_ROW = 256
"""Uncompressed; a prediction has about 60, most of them in names that repeat."""
_SPARE = 1 << 20
"""Bytes for what does not grow with the rows."""
_MOST_FOOTER = 1 << 20
_MOST_VALUES = 100_000
"""Of a footer, and of all page headers."""
_LONGEST_NAME = 500
"""Bytes of a name or a status."""

_MAGIC = b"PAR1"
_COLUMNS = {**PAIRS, **PREDICTIONS}
_SEED = "seed"
"""Of a control, which has predictions of several seeds."""

# Numbers of the fields in parquet.thrift
_ROWS, _GROUPS = 3, 4
_CHUNKS = 1
_META = 3
_PATH, _CHUNK_VALUES, _CHUNK_SIZE, _DATA_PAGE, _DICTIONARY_PAGE = 3, 5, 7, 9, 11
_PAGE_KIND, _PAGE_SIZE, _PAGE_COMPRESSED = 1, 2, 3
_DATA_HEADERS = {0: 5, 3: 8}
_HEADER_VALUES, _ENCODING = 1, {0: 2, 3: 4}
_DELTA_STRINGS = 7
"""The encoding in which a text repeats the beginning of the one before, and so grows without bounds."""


def packed(predictions: pl.DataFrame) -> bytes:
    """Return predictions as the bytes of their file; equal frames give equal bytes."""
    file = io.BytesIO()
    predictions.write_parquet(file, compression="zstd")
    return file.getvalue()


def read_content(folder: Path, *, rows: int | None = None) -> bytes:
    """Return the file of predictions of a run, as bytes; ``rows`` is how many were asked, if that is known.

    Raises :class:`~core_harness.errors.RunError`.
    """
    return read_bytes(folder / FILE, most=_most_bytes(_most_rows(rows)))


def parse(content: bytes, path: Path, *, rows: int | None = None) -> pl.DataFrame:
    """Return predictions: pairs with score and status, and ``seed`` where there are several.

    Parameters
    ----------
    content, path
        The file, and its name for messages.
    rows
        How many were asked; None where that is not known.

    Raises
    ------
    RunError
        The bytes are no Parquet file of these columns, or hold too much.
    """
    wanted = [*_COLUMNS, _SEED]
    try:
        _check_size(content, wanted, _most_rows(rows))
        schema = pl.read_parquet_schema(io.BytesIO(content))
        there = [name for name in wanted if name in schema]
        _check_types(schema)
        frame = pl.read_parquet(io.BytesIO(content), columns=there, use_statistics=False)
        _check_names(frame)
        return check(frame, _COLUMNS, str(path))
    except (ValueError, OSError, pl.exceptions.PolarsError) as error:
        raise RunError(f"{path} cannot be used: {error}; evaluate again") from None
    except (IndexError, TypeError, KeyError, AttributeError):  # of a footer without the fields of one
        raise RunError(f"{path} cannot be used: it is no whole Parquet file; evaluate again") from None
    except PluginError as error:
        raise RunError(f"{error}; evaluate again") from None
    except pl.exceptions.PanicException as error:  # polars gives up so on some damaged files
        raise RunError(f"{path} cannot be used: it is no whole Parquet file ({error})") from None


def _most_rows(asked: int | None) -> int:
    return MOST_ROWS if asked is None else 2 * asked  # so that pairs that are predicted twice are counted


def _most_bytes(rows: int) -> int:
    return _SPARE + BYTES_A_ROW * rows


def _check_size(content: bytes, columns: Sequence[str], most_rows: int) -> None:
    """Raise ValueError where the rows of some columns are too many or too large."""
    if len(content) < 12 or content[:4] != _MAGIC or content[-4:] != _MAGIC:
        raise ValueError("it is no whole Parquet file")
    size = int.from_bytes(content[-8:-4], "little")
    if size > min(_MOST_FOOTER, len(content) - 12):
        raise ValueError(f"its footer has {size:,} bytes")
    footer = Reader(content[-8 - size : -8], 0, values=_MOST_VALUES).struct()
    if not 0 <= footer[_ROWS] <= most_rows:
        raise ValueError(f"it has {footer[_ROWS]:,} rows, at most {most_rows:,} are read")
    left = _most_bytes(footer[_ROWS])
    found = 0
    for group in footer[_GROUPS]:
        found += max(0, group[_ROWS])
        for chunk in group[_CHUNKS]:
            meta = chunk[_META]
            if meta[_PATH][0].decode() not in columns:
                continue
            values = 0
            for page in _pages(content, meta):
                left -= page[_PAGE_SIZE]
                if page[_PAGE_SIZE] < 0 or left < 0:
                    raise ValueError(f"its rows have more than {BYTES_A_ROW} bytes each")
                values += _values_of(page)
            if not values == meta[_CHUNK_VALUES] == group[_ROWS]:
                raise ValueError(f"its pages hold {values:,} values where {group[_ROWS]:,} rows are stated")
    if found != footer[_ROWS]:
        raise ValueError(f"its parts hold {found:,} rows where {footer[_ROWS]:,} are stated")


def _pages(content: bytes, meta: Struct) -> Iterator[Struct]:
    """Yield the page headers of a column, in the order of the file."""
    start: int = meta[_DICTIONARY_PAGE if _DICTIONARY_PAGE in meta else _DATA_PAGE]  # as polars does
    end: int = start + meta[_CHUNK_SIZE]
    if not 4 <= start <= end <= len(content) - 8:
        raise ValueError("a column that lies outside of the file")
    reader = Reader(content, start, values=_MOST_VALUES)
    while reader.at < end:
        page = reader.struct()
        if page[_PAGE_COMPRESSED] < 0:
            raise ValueError("a page of negative size")
        yield page
        reader.at += page[_PAGE_COMPRESSED]
    if reader.at != end:
        raise ValueError("a page that does not end with its column")


def _values_of(page: Struct) -> int:
    """Return how many values of its column a page holds; those of a dictionary are none."""
    kind = page[_PAGE_KIND]
    if kind not in _DATA_HEADERS:
        return 0
    header = page[_DATA_HEADERS[kind]]
    if header[_ENCODING[kind]] == _DELTA_STRINGS:
        raise ValueError("a column in an encoding (DELTA_BYTE_ARRAY) that this program does not write")
    return int(header[_HEADER_VALUES])


def _check_types(schema: Mapping[str, pl.DataType]) -> None:
    """Raise ValueError where a column is of a type that predictions never have."""
    for name in (*_COLUMNS, _SEED):
        kind = schema.get(name, pl.Null())
        if not (kind.is_integer() or kind.is_float() or kind in {pl.String(), pl.Null()}):
            raise ValueError(f"column {name!r} is {kind}")


def _check_names(frame: pl.DataFrame) -> None:
    """Raise ValueError where a text is longer than names are: each of many rows may repeat it."""
    texts = frame.select(pl.col(pl.String).str.len_bytes().max())
    longest = max((size for size in texts.row(0) if size is not None), default=0) if texts.width else 0
    if longest > _LONGEST_NAME:
        raise ValueError(f"a name of {longest:,} bytes, at most {_LONGEST_NAME} are read")
