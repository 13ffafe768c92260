"""What a result shows of itself, in sections: for terminals, notebooks and Markdown.

It imports nothing heavy: rich is loaded where something is shown by it.
"""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core_harness.text import as_markdown, markdown_text, plain

if TYPE_CHECKING:
    from rich.console import Group, JustifyMethod, RenderableType
    from rich.table import Table

_WHOLE = {"#", "run", "rank", "measured", "outcome", "vote"}
"""Columns whose cells are not broken: they are typed again, or short."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """Part of a report.

    Attributes
    ----------
    title
        Empty for what belongs to the section before.
    note
        Added to the title in brackets.
    rows
        A table; its rows share their keys.
    right
        Titles of the columns that are set to the right: figures.
    sentences
        Lines below the table.
    """

    title: str = ""
    note: str = ""
    rows: Sequence[Mapping[str, str]] = ()
    right: Sequence[str] = ()
    sentences: Sequence[str] = ()


class InSections(ABC):
    """Base of what shows itself in sections, printed by rich or as the last line of a notebook's cell."""

    @abstractmethod
    def sections(self) -> Iterable[Section]:
        """Return what is shown, in the order in which it is read."""

    def __rich__(self) -> Group:
        """Return it for a terminal."""
        from rich.console import Group  # noqa: PLC0415 - needed by what is shown, and slow to import

        return Group(*renderables(self.sections()))

    def _repr_html_(self) -> str:
        """Return it for a notebook; text is escaped."""
        return as_html(self.sections())


def renderables(sections: Iterable[Section]) -> Iterator[RenderableType]:
    """Yield what rich prints, part by part; nothing in a text is markup."""
    from rich.text import Text  # noqa: PLC0415

    for place, section in enumerate(sections):
        if section.title:
            title = Text("\n" if place else "").append(plain(section.title), style="bold")
            yield title.append(f" ({plain(section.note)})" if section.note else "")
        if section.rows:
            yield as_table(section.rows, right=section.right)
        yield from (Text(plain(sentence)) for sentence in section.sentences)


def as_table(rows: Sequence[Mapping[str, str]], *, right: Sequence[str] = ()) -> Table:
    """Return rows that share their keys as a table for the terminal, their text made harmless."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in rows[0]:
        justify: JustifyMethod = "right" if title in right else "left"
        table.add_column(Text(title), justify=justify, no_wrap=title in _WHOLE)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row.values()))
    return table


def as_html(sections: Iterable[Section]) -> str:
    """Return a report as HTML without style or script."""
    return f'<div class="core-harness">{"".join(_html(section) for section in sections)}</div>'


def sections_as_markdown(sections: Iterable[Section]) -> str:
    """Return a report as Markdown."""
    parts = []
    for section in sections:
        if section.title:
            note = f" ({markdown_text(section.note)})" if section.note else ""
            parts.append(f"**{markdown_text(section.title)}**{note}\n")
        if section.rows:
            parts.append(as_markdown(section.rows))
        if section.sentences:
            parts.append("".join(f"- {markdown_text(sentence)}\n" for sentence in section.sentences))
    return "\n".join(parts)


def _html(section: Section) -> str:
    title = note = table = ""
    if section.title:
        note = f" ({_escaped(section.note)})" if section.note else ""
        title = f"<p><strong>{_escaped(section.title)}</strong>{note}</p>"
    if section.rows:
        heads = "".join(f"<th>{_escaped(name)}</th>" for name in section.rows[0])
        lines = ("".join(f"<td>{_escaped(cell)}</td>" for cell in row.values()) for row in section.rows)
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return title + table + "".join(f"<p>{_escaped(sentence)}</p>" for sentence in section.sentences)


def _escaped(text: str) -> str:
    return html.escape(plain(text))
