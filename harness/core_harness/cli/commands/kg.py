"""``core-harness kg``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options import completion
from core_harness.cli.options.forms import json_option
from core_harness.cli.options.registry import registry_options

if TYPE_CHECKING:
    from core_harness.knowledge import Graph
    from core_harness.knowledge.rdf import Origins
    from core_harness.plugins.component import Instance
    from core_harness.registry.entries import Registry

_DATASET = click.option(
    "--dataset",
    "-d",
    metavar="NAME",
    shell_complete=completion.datasets,
    help="Dataset whose perturbations are looked up, in its own graph if it has one.",
)


@click.group("kg")
def kg_group() -> None:
    """Build, show and export the knowledge graph."""


@kg_group.command("build")
@registry_options
def build_command(*, registry: Registry) -> None:
    """Build the graph from its sources, unless it is up to date, and print where it is."""
    from core_harness.evaluation.session import Session
    from core_harness.knowledge.graph import stored_at
    from core_harness.paths import cache_folder

    graph = Session(registry).open_graph()
    click.echo(f"{len(graph.layers)} layers in {stored_at(graph, cache_folder())}")


@kg_group.command("show")
@_DATASET
@registry_options
@json_option
def show_command(*, dataset: str | None, registry: Registry, as_json: bool) -> None:
    """Show the layers: kind, size, source and licence, and the perturbations of a dataset they know."""
    from core_harness.cli.output.kg_reports import layers_report, print_layers
    from core_harness.plugins.guard import call
    from core_harness.schemas import ROWS, check

    graph, made, origins = _open(dataset, registry)
    rows = None if made is None else check(call(made, "rows"), ROWS, f"dataset {dataset!r}")
    report = layers_report(graph, origins, dataset, None if rows is None else rows["perturbation"])
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        print_layers(report)


@kg_group.command("export")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--layer",
    "-l",
    "layers",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.layers,
    help="Layer to export, without aliases. May be repeated.",
)
@_DATASET
@registry_options
def export_command(*, out: Path, layers: tuple[str, ...], dataset: str | None, registry: Registry) -> None:
    """Write the graph as RDF to OUT: .nt (N-Triples), .ttl (Turtle) or .trig (TriG), or any with .gz.

    TriG has one named graph per layer, with its licence, date and digest.
    """
    from core_harness.errors import UsageError, unknown
    from core_harness.knowledge import Graph
    from core_harness.knowledge.rdf import write_graph

    graph, _, origins = _open(dataset, registry)
    if layers:
        known = [layer.name for layer in graph.layers]
        for name in layers:
            if name not in known:
                raise UsageError(unknown("layer", name, known))
        graph = Graph.of([layer for layer in graph.layers if layer.name in layers])
    write_graph(graph, out, origins)
    rows = sum(layer.frame.height for layer in graph.layers)
    names = ", ".join(layer.name for layer in graph.layers)
    click.echo(f"{out}: {names}; {rows:,} memberships and edges, {out.stat().st_size / 1e6:,.1f} MB")


@kg_group.command("path")
@click.argument("a")
@click.argument("b")
@click.option(
    "--retriever",
    default="kg",
    show_default=True,
    metavar="NAME",
    shell_complete=completion.components,
    help="Retriever that weighs the relation.",
)
@_DATASET
@registry_options
@json_option
def path_command(
    *, a: str, b: str, retriever: str, dataset: str | None, registry: Registry, as_json: bool
) -> None:
    """Show why the perturbations A and B are related: what they share in each layer, and its weight."""
    from core_harness.cli.output.kg_reports import path_report, print_path
    from core_harness.plugins.catalog import catalog

    graph, _, _ = _open(dataset, registry)
    report = path_report(graph, a, b, catalog().make("retriever", retriever, {}))
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        print_path(report)


def _open(dataset: str | None, registry: Registry) -> tuple[Graph, Instance | None, Origins]:
    """Return the graph, the dataset if one was named, and what is known about the graph's sources."""
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import RunSpec
    from core_harness.knowledge.rdf import Origin, Origins, read_origins
    from core_harness.paths import data_folder
    from core_harness.plugins.protocols import BringsKnowledge

    session = Session(registry)
    made = None if dataset is None else session.dataset(RunSpec(dataset=dataset))
    graph = session.open_graph(made)
    simulated = ", SIMULATED" if made is not None and made.object.simulated else ""
    if made is not None and isinstance(made.object, BringsKnowledge):
        origin = Origin(title=f"brought by the dataset {dataset}{simulated}")
        return graph, made, Origins(layers={layer.name: origin for layer in graph.layers})
    origins = read_origins(
        data_folder(), registry.layer, registry.aliases, registry.identifiers, graph.symbols
    )
    return graph, made, origins
