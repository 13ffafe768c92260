"""A report in sections, printed to stdout."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from core_harness.cli.output.console import stdout
from core_harness.sections import Section, renderables


def print_sections(sections: Iterable[Section]) -> None:
    """Print a report to stdout; sentences are not broken where there is no terminal."""
    console = stdout()
    for part in renderables(sections):
        console.print(part, soft_wrap=isinstance(part, Text) and not console.is_terminal)
