"""Write the reference of the command line from the code: ``python docs/make_cli.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import click

from core_harness import errors
from core_harness.cli import cli

PAGE = Path(__file__).parent / "cli.md"
INTRODUCTION = """# Command line

Generated from the code by `docs/make_cli.py`. Results go to stdout, progress and errors to stderr.
`NO_COLOR` switches colours off. Shell completion:
`eval "$(_CORE_HARNESS_COMPLETE=bash_source core-harness)"` (or `zsh_source`, `fish_source`).

An error that the user can mend is one line, and the exit code gives its kind:
"""


def error_tree() -> str:
    """Return the errors and their exit codes, as the docstring of ``core_harness.errors`` draws them."""
    drawn = (errors.__doc__ or "").partition("::\n\n")[2].partition("\n\n")[0]
    return dedent(drawn)


def commands(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield a command with its path, and the commands below it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, child in sorted(command.commands.items()):
            yield from commands(child, (*path, name))


def reference() -> str:
    """Return the page."""
    parts = [INTRODUCTION, f"\n```text\n{error_tree()}\n```\n"]
    for path, command in commands(cli, ("core-harness",)):
        context = click.Context(command, info_name=" ".join(path), terminal_width=100, **cli.context_settings)
        parts.append(f"\n## {' '.join(path)}\n\n```text\n{command.get_help(context)}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
