"""Options of several commands about runs and output: where runs are, and how results are printed or drawn."""

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
    help="Folder of the runs.",
)
"""Gives a command ``--in``; it takes the value as ``folder``."""

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder that receives one folder per run.",
)
"""Gives a command ``--out``."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""Gives a command ``--json``; it takes the value as ``as_json``."""


def form_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--format`` and ``--json``; it takes the value of both as ``form``."""

    @click.option(
        "--format",
        "form",
        type=click.Choice(FORMS),
        default="table",
        show_default=True,
        help="Output format.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
    @wraps(command)
    def with_form(*, form: str, as_json: bool, **options: Any) -> None:
        # two options of one name would do, but the oldest click that we support lets the absent one win
        command(form="json" if as_json else form, **options)

    return with_form


plot_option = click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Figure to draw as well, FILE.svg or FILE.png (needs the extra 'plots').",
)
"""Gives a command ``--plot``."""
