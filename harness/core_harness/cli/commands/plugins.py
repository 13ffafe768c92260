"""``core-harness plugins``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from core_harness.cli.options.forms import json_option
from core_harness.cli.options.registry import registry_options

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry, StrategyEntry


@click.group("plugins", invoke_without_command=True)
@registry_options
@json_option
@click.pass_context
def plugins_group(ctx: click.Context, *, registry: Registry, as_json: bool) -> None:
    """List strategies, datasets and components, and plugins that are broken; or write one."""
    if ctx.invoked_subcommand is None:
        _list(registry, as_json=as_json)


def _list(registry: Registry, *, as_json: bool) -> None:
    from rich.table import Table

    from core_harness.cli.output.tables import printable, stdout
    from core_harness.plugins.catalog import catalog
    from core_harness.plugins.names import short_names
    from core_harness.plugins.strategies import strategies

    components = catalog()
    named = strategies(registry, components)
    of_plugins = short_names(components.strategies, taken=registry.strategies)
    origins = {name: f"{one.distribution} {one.version}" for name, one in of_plugins.items()}
    rows = [
        *(
            ("strategy", name, _of_strategy(entry), origins.get(name, "registry"))
            for name, entry in named.items()
        ),
        *(("dataset", name, entry.summary, "registry") for name, entry in registry.datasets.items()),
        *(
            (f.stage, f.component.name, f.component.summary, f"{f.distribution} {f.version}")
            for f in components
            if f.stage != "dataset" or f.component.name not in registry.datasets
        ),
    ]
    if as_json:
        names = ("kind", "name", "summary", "from")
        broken = [
            {"plugin": b.plugin, "distribution": b.distribution, "reason": b.reason}
            for b in components.broken
        ]
        listing = {
            "schema_version": 1,
            "components": [dict(zip(names, r, strict=True)) for r in rows],
            "tuned": {
                name: entry.tuned.model_dump(mode="json")
                for name, entry in named.items()
                if entry.tuned is not None
            },
            "broken": broken,
        }
        click.echo(json.dumps(listing, indent=2))
        return
    table = Table("kind", "name", "what it is", "from", box=None, header_style="bold")
    for row in rows:
        table.add_row(*map(printable, row))
    stdout().print(table)
    for b in components.broken:
        click.echo(f"broken: plugin {b.plugin!r} of {b.distribution}: {b.reason}", err=True)


def _of_strategy(entry: StrategyEntry) -> str:
    """Return the summary, and with what figure the parameters were chosen, if they were."""
    from core_harness.metrics.catalog import LABELS
    from core_harness.text import figure

    if (tuned := entry.tuned) is None:
        return entry.summary
    label = LABELS.get(tuned.criterion, tuned.criterion)
    return f"{entry.summary}: {label} {figure(tuned.model_dump())} in {tuned.folds} folds"
