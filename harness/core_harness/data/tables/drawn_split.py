"""The split of a table that has none: names held out, drawn with a seed, before any row is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from core_harness.data.held_out import HINT, parse_held_out, split_of
from core_harness.data.tables.reading import find_column, has_column
from core_harness.errors import DataError


class Divided(NamedTuple):
    """A table with a column ``split``, and what is in neither split, a line each."""

    table: pl.DataFrame
    notes: tuple[str, ...]


def divided(
    table: pl.DataFrame,
    names: Mapping[str, str],
    asked: str,
    *,
    seed: int,
    path: Path,
    called: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
) -> Divided:
    """Return a table with a split, its own or one that is drawn.

    Parameters
    ----------
    table
        Of all rows, so that both questions of a file divide it alike.
    names
        The columns of ``perturbation``, ``gene``, and perhaps ``context``.
    asked
        What is held out (:mod:`core_harness.data.held_out`); empty for the table's own split.
    seed
        Of the draw.
    path
        For messages.
    called
        Brings the spellings of a name together, so that none is in train and in test; None: there are none.

    Raises
    ------
    DataError
        There is no split and none is asked for, or one is asked for beside the table's own.
    UsageError
        What is asked for is no split, or there is only one name to hold out.
    """
    if has_column(table, "split"):
        if asked:
            raise DataError(f"{path} has a split of its own; leave --split out, or take that column out")
        return Divided(table, ())
    if not asked:
        try:
            find_column(table, "split", path=path)
        except DataError as error:
            raise DataError(f"{error}; to have one drawn, say {HINT}") from None
    held_out = parse_held_out(asked)
    fields = table.select(
        pl.col(column).cast(pl.String).str.strip_chars().alias(name) for name, column in names.items()
    )
    if "context" not in names:
        fields = fields.with_columns(pl.lit("").alias("context"))
    fields = fields if called is None else called(fields)
    held = held_out.draw({axis: fields[axis].drop_nulls().to_list() for axis in held_out.axes}, seed=seed)
    split = fields.select(split_of(held)).to_series()
    neither = split.null_count()
    notes = (
        (f"{neither:,} in neither split left out: one of their names is held out, not both",)
        if neither
        else ()
    )
    return Divided(table.with_columns(split).filter(split.is_not_null()), notes)
