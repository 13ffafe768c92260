"""The console of results, and what is printed on it."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from core_harness.text import plain


def stdout() -> Console:
    """Return the console of results: 200 columns wide without a terminal, plain under NO_COLOR."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def printable(text: str) -> str:
    """Make text of a file or a user harmless: no markup, no control characters."""
    return escape(plain(text))
