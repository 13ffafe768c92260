"""Tables of any format, read without conversion, and turned into measured pairs."""

from __future__ import annotations

from core_harness.data.tables.folder import read_folder
from core_harness.data.tables.identifiers import match_names, spellings
from core_harness.data.tables.reading import find_column, read_table
from core_harness.data.tables.replicates import read_replicates
from core_harness.data.tables.rows import check_rows, read_rows

__all__ = [
    "check_rows",
    "find_column",
    "match_names",
    "read_folder",
    "read_replicates",
    "read_rows",
    "read_table",
    "spellings",
]
