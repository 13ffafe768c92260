"""Figures, settings and tables as plain text: the same words, and harmless text, in every output."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any


def plain(text: str) -> str:
    """Return text of a file or a user on one line, with a question mark for each control character."""
    return "".join(character if character.isprintable() else "?" for character in text)


def figure(estimate: Mapping[str, Any]) -> str:
    """Return ``0.700 [0.680, 0.720]``, or the value alone where there is no interval."""
    if estimate["low"] is None:
        return number(estimate["value"])
    return f"{number(estimate['value'])} [{number(estimate['low'])}, {number(estimate['high'])}]"


def number(value: float | None) -> str:
    """Return ``0.700``, or ``-`` for what is not defined."""
    return "-" if value is None else f"{value:.3f}"


def p_value(value: float | None) -> str:
    """Return ``0.012``, ``< .001``, or ``-`` for what is not defined."""
    if value is None:
        return "-"
    return f"{value:.3f}" if value >= 0.001 else "< .001"


def regime_of(row: Mapping[str, Any]) -> str:
    """Return the regime with what it depends on."""
    if row["regime"] == "cross-context":
        return f"cross-context (support also from {', '.join(row['support_contexts'])})"
    if row["regime"] == "double-unseen":
        return (
            f"double-unseen ({row['gene_holdout']:.0%} of the genes have no support, and only they are asked)"
        )
    return str(row["regime"])


def part_of(part: Mapping[str, Any]) -> str:
    """Return which part of a dataset was asked; empty for the whole."""
    words = []
    if part["limit"] is not None:
        words.append(f"whole genes up to {part['limit']} pairs")
    if part["only"] is not None:
        words.append(f"{part['only']} genes only")
    return ", ".join(words)


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


def markdown_text(value: Any) -> str:
    """Return a value as harmless text: no table, no markup, no control characters."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return plain(str(value)).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    harmless = plain(value)
    return f"'{harmless}" if harmless.startswith(("=", "+", "-", "@")) else harmless
