"""The options that name a user registry, and plugins."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from core_harness.cli.options.plugins import plugin_options

Command = Callable[..., None]


def registry_arguments() -> str:
    """Return the options that name the registry of the running command, to type again with another."""
    given = click.get_current_context().params
    words = ["--registry", str(given["path"])] if given.get("path") is not None else []
    words += [word for file in given.get("plugin_files", ()) for word in ("--plugin", str(file))]
    return "".join(f" {shlex.quote(word)}" for word in words) + (
        " --trust-registry" if given.get("trust_registry") else ""
    )


def registry_options(command: Command) -> Command:
    """Add ``--registry`` and ``--trust-registry``; the command takes what they open as ``registry``.

    The options that say which plugins are imported come with them.
    """

    @plugin_options
    @click.option(
        "--registry",
        "path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Add the datasets, strategies, models, suites and graph layers of this registry.toml.",
    )
    @click.option(
        "--trust-registry",
        is_flag=True,
        help="Allow the user registry to replace shipped entries, and to name hosts and keys.",
    )
    @wraps(command)
    def with_registry(*, path: Path | None, trust_registry: bool, **options: Any) -> None:
        if click.get_current_context().invoked_subcommand is not None:
            return  # a group that leads to another command opens nothing
        from core_harness.registry.loading import open_registry

        opened = open_registry(path, trusted=trust_registry, installed=_of_plugins)
        command(registry=opened, **options)

    return with_registry


def _of_plugins() -> set[str]:
    """Return the names of the strategies that plugins registered."""
    from core_harness.plugins.discovery import installed

    return {one.name for one in installed().strategies}
