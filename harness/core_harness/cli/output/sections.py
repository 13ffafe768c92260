"""A report in sections, for the terminal and as Markdown: titles, tables of text, and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core_harness.cli.output.console import printable, stdout
from core_harness.cli.output.tables import as_table
from core_harness.text import as_markdown, markdown_text


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
    sentences
        Lines below the table.
    """

    title: str = ""
    note: str = ""
    rows: Sequence[Mapping[str, str]] = ()
    sentences: Sequence[str] = ()


def print_sections(sections: Sequence[Section]) -> None:
    """Print a report to stdout."""
    console = stdout()
    soft_wrap = not console.is_terminal
    for place, section in enumerate(sections):
        if section.title:
            space = "\n" if place else ""
            note = f" ({printable(section.note)})" if section.note else ""
            console.print(f"{space}[bold]{printable(section.title)}[/bold]{note}", soft_wrap=soft_wrap)
        if section.rows:
            console.print(as_table(section.rows))
        for sentence in section.sentences:
            console.print(printable(sentence), soft_wrap=soft_wrap)


def sections_as_markdown(sections: Sequence[Section]) -> str:
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
