"""``core-harness models``."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from core_harness.cli.options.forms import json_option
from core_harness.cli.options.registry import registry_options

if TYPE_CHECKING:
    from core_harness.registry.entries import ModelEntry, Registry, Route


@click.command("models")
@registry_options
@json_option
def models_command(*, registry: Registry, as_json: bool) -> None:
    """List the aliases of models: providers, keys, log-probabilities, prices, knowledge cut-offs.

    Any other model has the name that litellm gives it: `--model provider/model`.
    """
    from rich.table import Table

    from core_harness.cli.output.tables import printable, stdout

    if as_json:
        models = [_as_dict(name, entry) for name, entry in registry.models.items()]
        click.echo(json.dumps({"schema_version": 1, "models": models}, indent=2))
        return
    table = Table(box=None, header_style="bold")
    for title in ("model", "asked as", "key", "logprobs", "USD per million tokens", "knows up to"):
        table.add_column(title, no_wrap=title in {"model", "key"})
    for name, entry in registry.models.items():
        for number, route in enumerate(entry.routes):
            cells = (
                "" if number else name,
                _asked_as(route),
                _key(route),
                "yes" if route.logprobs else "no",
                _price(route),
                "" if number else entry.knowledge_cutoff or "not known",
            )
            table.add_row(*(printable(cell) for cell in cells))
    console = stdout()
    console.print(table)
    prices = [route.price for entry in registry.models.values() for route in entry.routes if route.price]
    dates = printable(", ".join(sorted({price.date for price in prices})))
    console.print(
        f"For tokens sent / generated, at prices of {dates}. Of several providers, the first whose key is "
        "set is asked.",
        style="dim",
        soft_wrap=not console.is_terminal,
    )


def _asked_as(route: Route) -> str:
    return route.model if route.api_base is None else f"{route.model} at {urlsplit(route.api_base).netloc}"


def _key(route: Route) -> str:
    if route.key is None:
        return "none"
    return f"{route.key} ({'set' if os.environ.get(route.key) else 'not set'})"


def _price(route: Route) -> str:
    return "not known" if route.price is None else f"{route.price.prompt:.2f} / {route.price.completion:.2f}"


def _as_dict(name: str, entry: ModelEntry) -> dict[str, Any]:
    routes = [
        {**route.model_dump(), "key_is_set": None if route.key is None else bool(os.environ.get(route.key))}
        for route in entry.routes
    ]
    return {"name": name, **entry.model_dump(exclude={"routes"}), "routes": routes}
