"""The options that say how a command tells what it found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FORMS = ("table", "md", "csv", "json")


def form_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--format`` and ``--json``; it takes their value as ``form``."""
    with_json = click.option("--json", "form", flag_value="json", help="The same as --format json.")(command)
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMS),
        default="table",
        show_default=True,
        help="How to print it.",
    )(with_json)


plot_option = click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw it too, into FILE.svg or FILE.png (needs the extra 'plots').",
)
"""Gives a command ``--plot``."""
