"""The options that name a user registry, and plugins."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core_harness.cli.options.plugins import plugin_options

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry

Command = Callable[..., None]


def registry_arguments() -> str:
    """Return the options that name the registry of the running command, to type again with another."""
    given = click.get_current_context().params
    words = ["--registry", str(given["path"])] if given.get("path") is not None else []
    words += [word for file in given.get("plugin_files", ()) for word in ("--plugin", str(file))]
    return "".join(f" {shlex.quote(word)}" for word in words) + (
        " --trust-registry" if given.get("trust_registry") else ""
    )


def path_options(command: Command) -> Command:
    """Add ``--registry`` and ``--trust-registry``, and the options that say which plugins are imported."""
    options = (
        click.option(
            "--registry",
            "path",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Add the datasets, strategies, models, suites and graph layers of this registry.toml.",
        ),
        click.option(
            "--trust-registry",
            is_flag=True,
            help="Allow the user registry to replace shipped entries, and to name hosts and keys.",
        ),
    )
    command = plugin_options(command)
    for option in reversed(options):
        command = option(command)
    return command


def registry_options(command: Command) -> Command:
    """Add :func:`path_options`; the command takes the registry that they open as ``registry``."""

    @path_options
    @wraps(command)
    def with_registry(*, path: Path | None, trust_registry: bool, **options: Any) -> None:
        if click.get_current_context().invoked_subcommand is not None:
            return  # a group that leads to another command opens nothing
        command(registry=opened(path, trusted=trust_registry), **options)

    return with_registry


def opened(path: Path | None, *, trusted: bool) -> Registry:
    """Return the registry that the options name."""
    from core_harness.plugins.registries import open_registry

    return open_registry(path, trusted=trusted)
