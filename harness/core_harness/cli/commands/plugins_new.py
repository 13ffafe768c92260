"""``core-harness plugins new``."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from core_harness.plugins.component import Kind


@click.command("new")
@click.argument("kind", type=click.Choice(get_args(Kind)))
@click.argument("name")
@click.option("--file", "as_file", is_flag=True, help="Write one file for --plugin, not a package.")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default="this folder",
    help="Folder that receives it.",
)
def new_command(*, kind: Kind, name: str, as_file: bool, into: Path) -> None:
    """Write a plugin to start from: a small KIND of component called NAME, with a test that passes.

    The package is core-harness-NAME; its README has the commands that install, check and evaluate it.
    """
    from core_harness.plugins.starting import start_file, start_package

    if as_file:
        file = start_file(kind, name, into)
        click.echo(file)
        tried = f"eval --strategy voting,{name}" if kind == "strategy" else f"plugins check {name}"
        click.echo(f"next: core-harness {tried} --plugin {file}", err=True)
        return
    folder = start_package(kind, name, into)
    click.echo(folder)
    click.echo(f"next: cd {folder}, and the commands of its README.md", err=True)
