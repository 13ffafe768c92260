"""Options that several commands share: where runs lie, and how it is told what was found."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

FORMS = ("table", "md", "csv", "json")


folder_option = click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder that holds the runs.",
)
"""Gives a command ``--in``; it takes the value as ``folder``."""


def form_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--format`` and ``--json``; it takes what they say as ``form``."""

    @click.option(
        "--format",
        "form",
        type=click.Choice(FORMS),
        default="table",
        show_default=True,
        help="How to print it.",
    )
    @click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
    @wraps(command)
    def with_form(*, form: str, as_json: bool, **options: Any) -> None:
        # two options of one name would do, but the oldest click that we support lets the absent one win
        command(form="json" if as_json else form, **options)

    return with_form


plot_option = click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw it too, into FILE.svg or FILE.png (needs the extra 'plots').",
)
"""Gives a command ``--plot``."""
