"""What ``plugins show`` prints of a component, and of a strategy or dataset of a registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from rich.table import Table
from rich.text import Text

from core_harness.cli.output.console import printable, stdout
from core_harness.text import plain_lines
from core_harness.vocabulary import StrategyStage


def print_component(shown: Mapping[str, Any]) -> None:
    """Print what :func:`core_harness.plugins.described.described` returns."""
    console = stdout()
    origin = f"{shown['distribution']} {shown['version']}, {shown['target']}"
    console.print(f"[bold]{printable(shown['kind'])} {printable(shown['name'])}[/bold]  {printable(origin)}")
    if shown["extra_missing"] is not None:
        console.print(f"needs {printable(shown['extra_missing'])}, which is not installed")
    console.print(Text(plain_lines(shown["doc"] or shown["summary"])))
    if shown["parameters"]:
        console.print(_parameters(shown))
    for declared in ("gives", "needs"):
        if shown[declared] is not None:
            console.print(f"{declared}: {printable(', '.join(shown[declared]) or 'nothing')}")
    for method, frames in shown["frames"].items():
        for does, passed in frames.items():
            for name, columns in passed.items():
                said = ", ".join(f"{column}: {kind}" for column, kind in columns.items())
                console.print(f"{printable(f'{method} {does} {name}')}  [dim]{printable(said)}[/dim]")


def print_entry(shown: Mapping[str, Any]) -> None:
    """Print a strategy or a dataset of a registry: the component at each stage, with what it sets of it."""
    console = stdout()
    title = f"{shown['kind']} {shown['name']}"
    console.print(f"[bold]{printable(title)}[/bold]  {printable(shown['summary'])}")
    if shown["kind"] == "dataset":
        chosen = {"dataset": (shown["component"], shown["parameters"])}
    else:
        parameters = shown["parameters"]
        chosen = {one: (shown[one], parameters.get(one, {})) for one in get_args(StrategyStage)}
    for stage, (component, values) in chosen.items():
        setting = ", ".join(f"{name}={value}" for name, value in values.items())
        console.print(printable(f"{stage}: {component}" + (f" ({setting})" if setting else "")))


def _parameters(shown: Mapping[str, Any]) -> Table:
    table = Table("parameter", "type", "default", box=None, header_style="bold", pad_edge=False)
    for one in shown["parameters"]:
        name = f"-p {shown['kind']}.{one['name']}"
        table.add_row(*(printable(cell or "-") for cell in (name, one["type"], one["default"])))
    return table
