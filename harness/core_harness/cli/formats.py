"""Rows of plain values as a table for the terminal, Markdown or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from core_harness.cli.tables import printable


def as_table(rows: Sequence[Mapping[str, str]]) -> Table:
    """Return rows that share their keys as a table for the terminal; what they say is harmless there."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in rows[0]:
        table.add_column(escape(title), no_wrap=title in {"#", "run", "rank"})
    for row in rows:
        table.add_row(*(printable(cell) for cell in row.values()))
    return table


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows that share their keys as CSV; None is an empty field.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, and control
    characters become question marks.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows that share their keys as a Markdown table; numbers have four digits."""
    lines = [
        list(rows[0]),
        ["---"] * len(rows[0]),
        *([markdown_text(value) for value in row.values()] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def p_value(value: float | None) -> str:
    """Return ``0.012``, ``< .001``, or ``-`` for what is not defined."""
    if value is None:
        return "-"
    return f"{value:.3f}" if value >= 0.001 else "< .001"


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    plain = _plain(value)
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@")) else plain


def markdown_text(value: Any) -> str:
    """Return a value as harmless text: no table, no markup, no control characters."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return _plain(str(value)).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
