"""What a parser yields, and how it gives up."""

from __future__ import annotations

from typing import TypeAlias

Statement: TypeAlias = tuple[str, str, str, bool, str]
"""Subject, predicate, object, whether the object is a literal, and the named graph or nothing."""


class NotRdfError(Exception):
    """A parser cannot go on: the row where it stopped, if it knows, and why."""

    def __init__(self, row: int | None, reason: str) -> None:
        super().__init__(reason)
        self.row = row
        self.reason = reason
