"""Readable names of sets that their source calls by ids."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core_harness.errors import DataError, unknown
from core_harness.knowledge.files import read_utf8
from core_harness.knowledge.layer_source import LayerSource


def read_set_names(source: LayerSource, path: Path) -> pl.DataFrame | None:
    """Return ``set, name``, sorted, of the sets that have a name in the column ``names`` of their file.

    None where the source has no such column: its sets are called by their names. Of several names of
    one set, the first in alphabetical order stays.
    """
    if source.names is None:
        return None
    header, _, rows = read_utf8(path).decode().partition("\n")
    columns = header.split("\t")
    if source.names not in columns:
        raise DataError(f"{path}, row 1: {unknown('column', source.names, filter(None, columns))}")
    at_set = columns.index(source.columns[0]) if source.columns else 0
    fields = pl.Series("line", rows.split("\n")).str.split("\t").list
    picked = (
        fields.get(at, null_on_oob=True).str.strip_chars().alias(column)
        for column, at in (("set", at_set), ("name", columns.index(source.names)))
    )
    named = pl.DataFrame(picked).filter(pl.col("set") != "", pl.col("name") != "")
    return named.group_by("set").agg(pl.col("name").min()).sort("set")
