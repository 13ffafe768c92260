"""``core-harness models``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from core_harness.cli.options import completion
from core_harness.cli.options.forms import json_option
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import mirror_option
from core_harness.cli.output.downloads import accept, size, watching_download

if TYPE_CHECKING:
    from core_harness.plugins.discovery import Found
    from core_harness.registry.entries import ModelEntry, Registry, Route


@click.group("models", invoke_without_command=True)
@registry_options
@json_option
def models_group(*, registry: Registry, as_json: bool) -> None:
    """List models: aliases with providers, keys, log-probabilities, prices, cut-offs; llm components.

    Any other model has the name that litellm gives it, `--model provider/model`, or is a file of weights,
    `--model llamacpp:FILE.gguf`.
    """
    _list(registry, as_json=as_json)


@models_group.command("pull")
@click.argument("name", shell_complete=completion.models)
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Weights that are copied instead.",
)
@click.option("--yes", is_flag=True, help="Accept size and licence.")
@mirror_option
@registry_options
def pull_command(*, registry: Registry, name: str, file: Path | None, yes: bool, mirror: str | None) -> None:
    """Download the weights of a model that runs in this process, and record their digest.

    Weights whose digest the registry states have to have it; of others, that of the first pull is held to.
    """
    from core_harness.data.sources.pull import adopt, lacking, pull
    from core_harness.errors import UsageError, unknown
    from core_harness.paths import data_folder

    sources = {name: entry.source(name) for name, entry in registry.models.items()}
    known = {name: source for name, source in sources.items() if source is not None}
    if name not in known:
        raise UsageError(unknown("model with weights", name, known))
    source, folder = known[name], data_folder()
    if file is not None:
        records = {source.files[0]: adopt(source, folder, file)}
    elif not lacking(folder, source):
        click.echo(f"{name}: there, in {folder}")
        return
    else:
        if not yes:
            accept([source], folder)
        with watching_download() as progress:
            records = pull(source, folder, mirror=mirror or None, progress=progress)
    for path, record in records.items():
        click.echo(f"{folder / path}  {size(record.bytes)}  {record.licence}  sha256 {record.sha256}")


def _list(registry: Registry, *, as_json: bool) -> None:
    from rich.table import Table

    from core_harness.cli.output.console import printable, stdout

    if as_json:
        models = [_as_dict(name, entry) for name, entry in registry.models.items()]
        components = [
            {"name": name, **{key: getattr(one, key) for key in ("summary", "distribution", "version")}}
            for name, one in _components(registry).items()
        ]
        content = {"schema_version": 1, "models": models, "components": components}
        click.echo(json.dumps(content, indent=2))
        return
    table = Table(box=None, header_style="bold")
    for title in ("model", "asked as", "key", "logprobs", "USD per million tokens", "knows up to"):
        table.add_column(title, no_wrap=title in {"model", "key"})
    for name, entry in registry.models.items():
        if entry.component is not None:
            table.add_row(name, _weights(entry), "none", "yes", "none", entry.knowledge_cutoff or "not known")
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
    for name, one in _components(registry).items():
        said = f"{one.summary} ({one.distribution} {one.version})"
        table.add_row(printable(name), printable(said), "", "", "", "")
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


def _components(registry: Registry) -> dict[str, Found]:
    """Return the llm components that ``--model`` names, by name; an alias of the same name hides one."""
    from core_harness.plugins.discovery import installed
    from core_harness.plugins.names import short_names

    llms = [one for one in installed().components if one.stage == "llm"]
    return dict(sorted(short_names(llms, taken=registry.models).items()))


def _asked_as(route: Route) -> str:
    return route.model if route.api_base is None else f"{route.model} at {urlsplit(route.api_base).netloc}"


def _weights(entry: ModelEntry) -> str:
    """Return the component of a model of this machine, and whether its weights are there."""
    from core_harness.cli.output.console import printable
    from core_harness.paths import data_folder

    if entry.weights is None:
        return printable(str(entry.component))
    there = (data_folder() / entry.weights.file).is_file()
    state = "" if there else f" (not pulled, {entry.weights.megabytes:g} MB)"
    return printable(f"{entry.component}: {entry.weights.release}{state}")


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
