"""``core-harness plugins check``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from core_harness.cli.options.forms import json_option
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import parameters_option
from core_harness.plugins.component import STAGES

if TYPE_CHECKING:
    from collections.abc import Collection

    from core_harness.evaluation.spec import Parameters
    from core_harness.plugins.component import Instance, Stage
    from core_harness.registry.entries import Registry
    from core_harness.testing.contract.report import Report


@click.command("check")
@click.argument("component", metavar="NAME")
@click.option("--kind", type=click.Choice(STAGES), help="Stage of the component.")
@parameters_option
@click.option("--no-ask", is_flag=True, help="Send no request to a model.")
@registry_options
@json_option
def check_command(
    *,
    component: str,
    kind: Stage | None,
    assignments: tuple[str, ...],
    no_ask: bool,
    registry: Registry,
    as_json: bool,
) -> None:
    """Check a component against the contract of its stage, on small made worlds.

    NAME is that of a dataset, retriever, organizer, model or aggregator, or FILE.py:CLASS, as `eval` takes
    it. A model is sent a few small requests, which may cost money.
    """
    from core_harness.evaluation.spec import parse_parameters
    from core_harness.testing.contract.report import checked
    from core_harness.testing.contract.subject import Subject

    instance = _made(component, kind, parse_parameters(assignments), registry)
    report = checked(Subject(instance=instance, asks=not no_ask))
    if as_json:
        click.echo(json.dumps({"schema_version": 1, **report.as_dict()}, indent=2))
    else:
        _print(report)
    report.refuse()


def _made(name: str, kind: Stage | None, parameters: Parameters, registry: Registry) -> Instance:
    """Return the component of a name, made as `eval` makes it. Raises :class:`UsageError`."""
    from core_harness.errors import UsageError, unknown
    from core_harness.evaluation.methods import make_dataset
    from core_harness.evaluation.models import make_model
    from core_harness.evaluation.spec import RunSpec
    from core_harness.plugins.catalog import catalog

    components = catalog()
    of_registry: dict[Stage, Collection[str]] = {"dataset": registry.datasets, "llm": registry.models}
    found = [
        stage
        for stage in STAGES
        if name in of_registry.get(stage, ()) or components.has(stage, name.partition(":")[0])
    ]
    if kind is None and len(found) != 1:
        if found:
            raise UsageError(f"{name!r} is {' and '.join(found)}; say which with --kind")
        known = {one for stage in STAGES for one in (*components.names(stage), *of_registry.get(stage, ()))}
        raise UsageError(unknown("component", name, known) + components.broken_hint(name))
    stage = kind or found[0]
    if stage not in {"dataset", "llm"}:
        return components.make(stage, name, parameters.get(stage, {}))
    if stage == "dataset":
        return make_dataset(RunSpec(dataset=name, parameters=parameters), registry, components)
    model = make_model(RunSpec(model=name, parameters=parameters), registry, components, keyless=True)
    assert model is not None, "a spec that names a model has one"  # noqa: S101
    return model


def _print(report: Report) -> None:
    from rich.table import Table

    from core_harness.cli.output.console import printable, stdout

    reference = report.subject.instance.reference
    console = stdout()
    console.print(f"[bold]{printable(f'{report.subject.instance.name} ({reference.target})')}[/bold]")
    table = Table("check", "", "what was seen", box=None, header_style="bold", pad_edge=False)
    for one in report.outcomes:
        table.add_row(one.check.name, one.status, printable(one.found))
    console.print(table)
    for one in report.failed:
        console.print(f"\n[bold]{one.check.name}[/bold]", soft_wrap=True)
        for title, text in (("what", one.found), ("why", one.check.why), ("mend", one.check.mend)):
            console.print(printable(f"  {title:5}{text}"), soft_wrap=True)
