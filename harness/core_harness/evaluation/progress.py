"""How work says what it is doing."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

Notice = Callable[[str], None]
"""Called with one line that a person should see before, or after, a model is asked."""


def once(notice: Notice) -> Notice:
    """Return a notice that does not repeat itself: each seed of a control asks the same host."""
    shown: set[str] = set()

    def show(line: str) -> None:
        if line not in shown:
            shown.add(line)
            notice(line)

    return show
