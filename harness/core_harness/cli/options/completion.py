"""Shell completion of names that come from the registry and the plugins."""

from __future__ import annotations

from typing import get_args

import click

from core_harness.vocabulary import Fault


def strategies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete the last of a comma-separated list of strategies."""
    from core_harness.registry.shipped import shipped_tables

    *done, last = incomplete.split(",")
    names = [name for name in shipped_tables()["strategies"] if name.startswith(last) and name not in done]
    return [",".join([*done, name]) for name in names]


def datasets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete a dataset."""
    from core_harness.registry.shipped import shipped_tables

    return [name for name in (*shipped_tables()["datasets"], "table:") if name.startswith(incomplete)]


def models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete the alias of a model."""
    from core_harness.registry.shipped import shipped_tables

    return [name for name in shipped_tables()["models"] if name.startswith(incomplete)]


def suites(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete a suite."""
    from core_harness.registry.shipped import shipped_tables

    return [name for name in shipped_tables()["suites"] if name.startswith(incomplete)]


def sources(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete a source of data, a collection of them, or all."""
    from core_harness.registry.shipped import shipped_tables

    sources = shipped_tables()["source"]
    known = {name for source in sources for name in (source["name"], source["collection"])}
    return sorted(name for name in {"all", *known} if name.startswith(incomplete))


def metrics(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete a metric."""
    from core_harness.metrics.catalog import LABELS

    return [name for name in LABELS if name.startswith(incomplete)]


def layers(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete a layer of the shipped graph."""
    from core_harness.registry.shipped import shipped_tables

    names = [layer["name"] for layer in shipped_tables()["layer"]]
    return [name for name in names if name.startswith(incomplete)]


def faults(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete the name of a fault of the test server, up to its share."""
    return [f"{name}=" for name in get_args(Fault) if name.startswith(incomplete)]


def components(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete a built-in component of the stage that the option names; no other plugin is imported."""
    from core_harness.plugins.choice import ALL, choosing
    from core_harness.plugins.discovery import installed

    with choosing(without=[ALL]):
        found = installed().components
    return sorted(one.name for one in found if one.stage == param.name and one.name.startswith(incomplete))
