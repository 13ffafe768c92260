"""A column of a table of a board: what it holds, how it is shown, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from core_harness.leaderboard.board import Board
from core_harness.text import figure, p_value

Kind = Literal["figure", "p-value", "share", "integer", "count", "money", "text", "row header", "files"]
Priority = Literal["always", "usually", "on request"]
Values = tuple[Any, ...]


def _figure(value: float | None, low: float | None, high: float | None) -> str:
    return figure({"value": value, "low": low, "high": high})


def _text(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part) or "-"


_SHOWN: Mapping[Kind, Callable[..., str]] = {
    "figure": _figure,
    "p-value": p_value,
    "share": "{:.1%}".format,
    "integer": str,
    "count": "{:,}".format,
    "money": "${:,.2f}".format,
    "text": _text,
    "row header": _text,
    "files": _text,
}


Entry_contra = TypeVar("Entry_contra", contravariant=True)
"""What the lines of a table are."""


@dataclass(frozen=True, kw_only=True)
class Column(Generic[Entry_contra]):
    """A column of a table.

    Attributes
    ----------
    keys
        Names of its values in JSON and CSV. A figure has three: itself, and the ends of its interval.
    heading
        What people read above it.
    kind
        How it is shown. All kinds but text, row header and files are numbers, which pages align and sort by
        value.
    values
        The values of a line, one for each key; None where there is no such thing.
    absent
        What is shown in its place.
    priority
        Where it is shown: always; not at first on narrow screens; or on pages only, and not at first.
        JSON and CSV have it all the same.
    page
        Name of the page of a run that it links to; None where there is none.
    drawn
        Whether pages draw the figure, too, on a line.
    if_any
        Whether it is left out where no line has it. JSON and CSV have it all the same.
    applies
        Whether boards show it at all. JSON and CSV have it all the same.
    """

    keys: tuple[str, ...]
    heading: Callable[[Board], str]
    kind: Kind
    values: Callable[[Board, Entry_contra], Values | None]
    absent: str = "-"
    priority: Priority = "usually"
    page: Callable[[Entry_contra], str | None] = lambda _: None
    drawn: bool = False
    if_any: bool = False
    applies: Callable[[Board], bool] = lambda _: True

    @property
    def is_number(self) -> bool:
        """Whether it is sorted by size, not by the alphabet."""
        return self.kind not in {"text", "row header", "files"}

    def show(self, values: Values | None) -> str:
        """Return values of the column as people read them."""
        return self.absent if values is None else _SHOWN[self.kind](*values)


def texts(
    columns: Sequence[Column[Entry_contra]], board: Board, entries: Iterable[Entry_contra]
) -> list[dict[str, str]]:
    """Return a table as people read it: the texts of each line, by heading."""
    entries = list(entries)
    return [
        {
            column.heading(board): column.show(column.values(board, entry))
            for column in seen(columns, board, entries)
        }
        for entry in entries
    ]


def seen(
    columns: Sequence[Column[Entry_contra]],
    board: Board,
    entries: Sequence[Entry_contra],
    *,
    on_request: bool = False,
) -> list[Column[Entry_contra]]:
    """Return the columns that a table of these lines shows; pages have those ``on_request`` too."""
    return [
        column
        for column in columns
        if column.applies(board)
        and (on_request or column.priority != "on request")
        and (not column.if_any or any(column.values(board, entry) is not None for entry in entries))
    ]


def record(columns: Sequence[Column[Entry_contra]], board: Board, entry: Entry_contra) -> dict[str, Any]:
    """Return the values of a line by key, fit for JSON."""
    found: dict[str, Any] = {}
    for column in columns:
        values = column.values(board, entry)
        found |= zip(column.keys, (None,) * len(column.keys) if values is None else values, strict=True)
    return found
