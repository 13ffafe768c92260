"""The options that name components, and those that say which plugins are imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from core_harness.cli.options import completion

Command = Callable[..., None]

_NAMED = ("dataset", "datasets", "retriever", "organizer", "aggregator", "model", "component")
"""Parameters whose value may be ``FILE.py:CLASS``."""

_IN_A_FILE = re.compile(r"(?P<file>.+\.py):(?P<name>\w+)")


def component_options(command: Command) -> Command:
    """Add the options that put another component at a stage of the strategies."""
    for stage in ("aggregator", "organizer", "retriever"):
        command = click.option(
            f"--{stage}",
            metavar="NAME",
            shell_complete=completion.components,
            help=f"{stage.capitalize()} that replaces those of the strategies: a name, or FILE.py:CLASS.",
        )(command)
    return command


def plugin_options(command: Command) -> Command:
    """Add ``--plugin`` and ``--no-plugin``; the command runs with these plugins.

    A component that is named as ``FILE.py:CLASS`` has its file loaded, and is named ``CLASS@FILE.py`` from
    here on: what reaches a record is no path, and no record can name a file that would be loaded.
    """

    @click.option(
        "--plugin",
        "plugin_files",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        help="Python file whose hooks and classes are components. May be repeated.",
    )
    @click.option(
        "--no-plugin",
        "without_plugins",
        multiple=True,
        metavar="NAME",
        help="Distribution whose plugins are not imported, or all. May be repeated.",
    )
    @wraps(command)
    def with_plugins(*, plugin_files: Sequence[Path], without_plugins: Sequence[str], **options: Any) -> None:
        from core_harness.plugins.choice import choosing

        inner = click.get_current_context().invoked_subcommand
        if inner is not None and (plugin_files or without_plugins):
            raise click.UsageError(f"--plugin and --no-plugin go behind {inner}, which they are for")
        files = [path.resolve() for path in plugin_files]
        for option in _NAMED:
            if options.get(option):
                options[option] = _taken_apart(options[option], files)
        with choosing(files=tuple(dict.fromkeys(files)), without=without_plugins):
            command(**options)

    return with_plugins


def _taken_apart(value: Any, files: list[Path]) -> Any:
    """Return ``CLASS@FILE.py`` for ``FILE.py:CLASS``, and add the file; any other value as it is."""
    if isinstance(value, tuple):
        return tuple(_taken_apart(one, files) for one in value)
    found = _IN_A_FILE.fullmatch(value)
    if found is None:
        return value
    path = Path(found["file"]).resolve()
    files.append(path)
    return f"{found['name']}@{path.name}"
