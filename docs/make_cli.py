"""Write the reference of the command line from the code: ``python docs/make_cli.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from core_harness.cli import cli

PAGE = Path(__file__).parent / "cli.md"
INTRODUCTION = """# Command line

Written from the code by `docs/make_cli.py`. Results go to stdout, progress and errors to stderr. An error
that can be mended is one line; the exit code says of which kind it is: 2 usage, 3 data, 4 plugin, 5 run
folder, 6 registry, 7 download. `NO_COLOR` switches colours off. Shell completion:
`eval "$(_CORE_HARNESS_COMPLETE=bash_source core-harness)"` (or `zsh_source`, `fish_source`).
"""


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
    parts = [INTRODUCTION]
    for path, command in commands(cli, ("core-harness",)):
        context = click.Context(command, info_name=" ".join(path), terminal_width=100, **cli.context_settings)
        parts.append(f"\n## {' '.join(path)}\n\n```text\n{command.get_help(context)}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
