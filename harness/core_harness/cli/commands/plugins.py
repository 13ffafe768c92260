"""``core-harness plugins``: a list of names, and what can be said of one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from core_harness.cli.options.forms import json_option
from core_harness.cli.options.registry import opened, path_options, registry_options
from core_harness.plugins.component import STAGES, Kind

if TYPE_CHECKING:
    from core_harness.plugins.discovery import Plugins
    from core_harness.plugins.listed import Row, Tables
    from core_harness.registry.entries import Registry

kind_option = click.option(
    "--kind", type=click.Choice(get_args(Kind)), help="Kind of component; all without it."
)


@click.group("plugins", invoke_without_command=True)
@kind_option
@path_options
@json_option
@click.pass_context
def plugins_group(
    ctx: click.Context, *, path: Path | None, trust_registry: bool, kind: str | None, as_json: bool
) -> None:
    """List strategies, datasets and components, and plugins that are broken; or write one."""
    if ctx.invoked_subcommand is None:
        _list(_tables(path, trusted=trust_registry), kind, as_json=as_json)


@plugins_group.command("show")
@click.argument("component", metavar="NAME")
@kind_option
@registry_options
@json_option
def show_command(*, registry: Registry, component: str, kind: str | None, as_json: bool) -> None:
    """Show what NAME is: docstring, parameters, what it gives and needs, frames in and out.

    NAME may be FILE.py:CLASS.
    """
    from core_harness.cli.output.component import print_component, print_entry
    from core_harness.plugins.catalog import catalog
    from core_harness.plugins.described import described

    components = catalog()
    stages = [stage for stage in STAGES if kind in {None, stage} and components.has(stage, component)]
    shown = [described(components, stage, component) for stage in stages]
    entries = [one for one in _entries(component, registry) if kind in {None, one["kind"]}]
    if not shown and not entries:
        raise _unknown(component, kind, registry)
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "components": [*entries, *shown]}, indent=2))
        return
    for entry in entries:
        print_entry(entry)
    for one in shown:
        print_component(one)


def _entries(name: str, registry: Registry) -> Iterator[dict[str, Any]]:
    """Yield the strategy and the dataset of that name in plain types, where there is one."""
    from core_harness.plugins.catalog import catalog
    from core_harness.plugins.names import meant
    from core_harness.plugins.strategies import strategy_named

    components = catalog()
    if name in registry.strategies or meant("strategy", name, components.strategies) is not None:
        entry = strategy_named(name, registry, components)
        yield {"kind": "strategy", "name": name, **entry.model_dump(mode="json")}
    if name in registry.datasets:
        yield {"kind": "dataset", "name": name, **registry.datasets[name].model_dump(mode="json")}


def _unknown(name: str, kind: str | None, registry: Registry) -> Exception:
    from core_harness.errors import UsageError, unknown
    from core_harness.plugins.catalog import catalog
    from core_harness.plugins.discovery import installed
    from core_harness.plugins.listed import rows_of

    rows = rows_of(registry.model_dump(), installed())
    known = {row.name for row in rows if kind in {None, row.kind}}
    return UsageError(unknown(kind or "component", name, known) + catalog().broken_hint(name))


def _tables(path: Path | None, *, trusted: bool) -> Tables:
    """Return the tables of the registry; the shipped one is not checked, which takes as long as the rest."""
    from core_harness.registry.shipped import shipped_tables

    return shipped_tables() if path is None else opened(path, trusted=trusted).model_dump(mode="json")


def _list(registry: Tables, kind: str | None, *, as_json: bool) -> None:
    from core_harness.plugins.discovery import installed
    from core_harness.plugins.listed import rows_of

    plugins = installed()
    rows = [row for row in rows_of(registry, plugins) if kind in {None, row.kind}]
    if as_json:
        click.echo(json.dumps(_as_dict(registry, plugins, rows), indent=2))
    else:
        _print(plugins, rows)


def _as_dict(registry: Tables, plugins: Plugins, rows: list[Row]) -> dict[str, Any]:
    strategies = registry["strategies"].items()
    return {
        "schema_version": 1,
        "components": [asdict(row) for row in rows],
        "tuned": {name: entry["tuned"] for name, entry in strategies if entry.get("tuned") is not None},
        "broken": [asdict(one) for one in plugins.broken],
        "left_out": plugins.left_out,
    }


def _print(plugins: Plugins, rows: list[Row]) -> None:
    from rich.table import Table

    from core_harness.cli.output.console import printable, stdout

    table = Table("kind", "name", "what it is", "from", box=None, header_style="bold")
    for row in rows:
        origin = "registry" if row.distribution is None else f"{row.distribution} {row.version}"
        needs = "" if row.extra_missing is None else f" (needs {row.extra_missing})"
        table.add_row(*map(printable, (row.kind, row.name, row.summary + needs, origin)))
    stdout().print(table)
    for one in plugins.broken:
        click.echo(f"broken: plugin {one.plugin!r} of {one.distribution}: {one.reason}", err=True)
    if plugins.left_out:
        click.echo(f"left out: {', '.join(plugins.left_out)}", err=True)
