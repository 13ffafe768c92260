"""Reports of ``core-harness kg``, as content for JSON and as tables."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.table import Table

from core_harness.cli.output.console import printable, stdout
from core_harness.errors import UsageError
from core_harness.knowledge import Graph, Layer
from core_harness.knowledge.layers import SET_NAMES
from core_harness.knowledge.rdf import Origin, Origins
from core_harness.knowledge.shared import direct_edge, shared_neighbours, shared_sets
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import call
from core_harness.plugins.protocols import UsesKnowledge
from core_harness.schemas import PAIRS, RELATIONS, SUPPORT, Block, Task, check
from core_harness.text import number

_SHOWN = 5
"""Reasons a layer, in a table; JSON has all of them."""


def layers_report(
    graph: Graph, origins: Origins, dataset: str | None, perturbations: pl.Series | None
) -> dict[str, Any]:
    """Return what ``kg show --json`` prints; ``perturbations`` are those of the dataset, in any order."""
    names = None if perturbations is None else perturbations.unique().sort()
    approved = None if names is None else graph.symbols.approve(names)

    def known(genes: pl.Series) -> int | None:
        return None if approved is None else int(approved.is_in(genes.implode()).sum())

    report: dict[str, Any] = {
        "schema_version": 1,
        "digest": graph.digest,
        "genes": len(_genes(graph)),
        "aliases": graph.symbols.table.height,
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "sets": layer.frame["set"].n_unique() if layer.kind == "sets" else None,
                "rows": layer.frame.height,
                "genes": len(layer.genes),
                "known": known(layer.genes),
                "of": list(layer.of),
                "annotations": _annotations(layer),
                **_release(origins.layers.get(layer.name)),
            }
            for layer in graph.layers
        ],
        "coverage": None,
    }
    if names is not None and approved is not None:
        missing = names.filter(~approved.is_in(_genes(graph).implode()))
        report["coverage"] = {
            "dataset": dataset,
            "perturbations": len(names),
            "known": len(names) - len(missing),
            "unknown": missing.to_list(),
        }
    return report


def print_layers(report: Mapping[str, Any]) -> None:
    """Print one row a layer, and what is not known."""
    console = stdout()
    coverage = report["coverage"]
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("layer", no_wrap=True)
    table.add_column("kind")
    counts = ["sets", "memberships or edges", "genes"]
    for title in [*counts, "perturbations known"] if coverage else counts:
        table.add_column(title, justify="right")
    for title in ("source", "licence", "date"):
        table.add_column(title)
    for layer in report["layers"]:
        sizes = ["-" if layer[key] is None else f"{layer[key]:,}" for key in ("sets", "rows", "genes")]
        if coverage:
            sizes.append(_share(layer["known"], coverage["perturbations"]))
        about = [layer[key] or "-" for key in ("source", "licence", "date")]
        table.add_row(*(printable(cell) for cell in (layer["name"], layer["kind"], *sizes, *about)))
    console.print(table)
    console.print(
        f"{report['genes']:,} genes, {report['aliases']:,} names of genes; graph {report['digest']}"
    )
    for layer in report["layers"]:
        if (notes := layer["annotations"]) is not None:
            coded, dated = (_share(notes[key], notes["rows"]) for key in ("coded", "dated"))
            console.print(
                printable(f"{layer['name']}: {coded} annotations have an evidence code, {dated} a date")
            )
    if coverage:
        known, unknown = _share(coverage["known"], coverage["perturbations"]), coverage["unknown"]
        more = f" and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
        but = f"; not {', '.join(unknown[:_SHOWN])}{more}" if unknown else ""
        said = f"{coverage['dataset']}: {known} perturbations are known{but}"
        console.print(printable(said), soft_wrap=not console.is_terminal)


def path_report(graph: Graph, a: str, b: str, retriever: Instance) -> dict[str, Any]:
    """Return what ``kg path --json`` prints: the weight, each layer's kernel, and what is shared in it.

    Raises :class:`~core_harness.errors.UsageError` for a gene that no layer knows, and for one gene twice.
    """
    gene_a, gene_b = (_known(graph, name) for name in (a, b))
    if gene_a == gene_b:
        raise UsageError(f"{a!r} and {b!r} are one gene, {gene_a}; name two")
    relation = _relation(graph, gene_a, gene_b, retriever)
    kernels = relation.get("layers") or {}
    return {
        "schema_version": 1,
        "a": {"name": a, "gene": gene_a},
        "b": {"name": b, "gene": gene_b},
        "retriever": retriever.reference.name,
        "weight": relation["weight"],
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "kernel": kernels.get(layer.name),
                **_reasons(layer, gene_a, gene_b),
            }
            for layer in graph.layers
        ],
    }


def print_path(report: Mapping[str, Any]) -> None:
    """Print the weight, and one row a reason."""
    console = stdout()
    a, b = (report[end]["gene"] for end in "ab")
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("layer", no_wrap=True)
    table.add_column("kernel", justify="right")
    table.add_column("what they share, the rarest first")
    for layer in report["layers"]:
        reasons = _worded(layer, a, b)
        table.add_row(*map(printable, (layer["name"], number(layer["kernel"]), reasons[0])))
        for reason in reasons[1:]:
            table.add_row("", "", printable(reason))
    for end in "ab":
        if report[end]["name"] != report[end]["gene"]:
            console.print(printable(f"{report[end]['name']} is {report[end]['gene']}"))
    console.print(f"[bold]{printable(f'{a} and {b}')}: weight {report['weight']:.3f}[/bold]")
    console.print(table)
    if any(layer["kernel"] is None for layer in report["layers"]) and report["weight"]:
        console.print(f"-: a layer that retriever {report['retriever']!r} does not use, or not by itself")


def _relation(graph: Graph, a: str, b: str, retriever: Instance) -> dict[str, Any]:
    """Return ``weight`` and perhaps ``layers``, as if ``b`` were measured and ``a`` asked about."""
    if isinstance(retriever.object, UsesKnowledge):
        call(retriever, "use", graph)
    pairs = pl.DataFrame([(0, "any", a, "any")], schema=dict(PAIRS), orient="row")
    support = pl.DataFrame([("any", b, "any", 1)], schema=dict(SUPPORT), orient="row")
    task = Task(
        dataset="none",
        question="de",
        agent="knockdown",
        regime="unseen-perturbation",
        seed=0,
        simulated=False,
    )
    relations = call(retriever, "relate", task, Block(context="any", pairs=pairs, support=support))
    relations = check(relations, RELATIONS, retriever.name)
    return relations.row(0, named=True) if relations.height else {"weight": 0.0}


def _reasons(layer: Layer, a: str, b: str) -> dict[str, Any]:
    if layer.kind == "edges":
        return {"edge": direct_edge(layer, a, b), "shared": shared_neighbours(layer, a, b).to_dicts()}
    sets = shared_sets(layer, a, b)
    names = pl.DataFrame(schema=SET_NAMES) if layer.names is None else layer.names
    return {"shared": sets.join(names, on="set", how="left", maintain_order="left").to_dicts()}


def _worded(layer: Mapping[str, Any], a: str, b: str) -> list[str]:
    shared = layer["shared"]
    if layer["kind"] == "sets":
        lines = [f"{_called(row)} ({row['genes']:,} genes)" for row in shared[:_SHOWN]]
    else:
        lines = [
            f"{row['gene']} ({row['links']:,} links; {a} {row['weight_a']:.3f}, {b} {row['weight_b']:.3f})"
            for row in shared[:_SHOWN]
        ]
        if layer["edge"] is not None:
            lines.insert(0, f"a direct edge of weight {layer['edge']:.3f}")
    if not lines:
        return ["no set" if layer["kind"] == "sets" else "no edge, no neighbour"]
    if len(shared) > _SHOWN:
        lines.append(f"and {len(shared) - _SHOWN:,} more")
    return lines


def _called(row: Mapping[str, Any]) -> str:
    name = row.get("name")
    return row["set"] if name is None else f"{row['set']} {name}"


def _known(graph: Graph, name: str) -> str:
    """Return the approved symbol of a gene of the graph."""
    gene = str(graph.symbols.approve(pl.Series([name]))[0])
    genes = _genes(graph)
    if gene in genes:
        return gene
    meant = graph.symbols.ambiguous.filter(pl.col("alias") == name)["approved"].to_list()
    close = meant[0] if meant else _alike(name.upper(), genes.to_list())
    what = "is a name of several genes" if meant else "is in no layer of the graph"
    guess = f"; did you mean {' or '.join(close)}?" if len(close) else ""
    raise UsageError(f"{name!r} {what}{guess}")


def _alike(name: str, genes: list[str]) -> list[str]:
    """Return at most three genes of similar names, first those of the same letters in another order."""
    close = difflib.get_close_matches(name, genes, n=20)
    return sorted(close, key=lambda gene: sorted(gene) != sorted(name))[:3]


def _genes(graph: Graph) -> pl.Series:
    empty = pl.Series("gene", dtype=pl.String)
    return pl.concat([empty, *(layer.genes for layer in graph.layers)]).unique().sort()


def _annotations(layer: Layer) -> dict[str, int] | None:
    """Return how many annotations a layer has, and of how many code and date are known."""
    if layer.annotations is None:
        return None
    rows = layer.annotations.height
    coded, dated = (rows - layer.annotations[column].null_count() for column in ("evidence", "date"))
    return {"rows": rows, "coded": coded, "dated": dated}


def _release(origin: Origin | None) -> dict[str, Any]:
    if origin is None:
        return dict.fromkeys(("source", "licence", "date", "sha256"))
    return {"source": origin.title, "licence": origin.licence, "date": origin.date, "sha256": origin.sha256}


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.1%})" if whole else "0 of 0"
