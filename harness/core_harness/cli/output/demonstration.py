"""Tables of the demonstrations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from core_harness.cli.output.console import printable, stdout
from core_harness.evaluation.result import Result
from core_harness.testing.demonstration import Scene
from core_harness.testing.findings import sentences
from core_harness.testing.real_model import Played
from core_harness.text import figure, heading, number, share

_GENE = "macro_gene_auroc"


def print_scripted(scenes: Sequence[tuple[Scene, Result]], *, seed: int) -> None:
    """Print one row a scene of scripted models."""
    console = stdout()
    first = scenes[0][1]
    console.print(
        f"[bold]Scripted models on a simulated world  (SIMULATED data and answers), seed {seed}[/bold]"
    )
    table = _table("scripted model", "strategy", "control")
    table.add_column("yes / positives", justify="right")
    table.add_column("what it shows")
    for scene, result in scenes:
        row = result.as_dict()
        drawn = f"{scene.control}, {row['repeats']} seeds" if scene.control else "-"
        cells = (scene.model, scene.strategy, drawn, figure(row["metrics"][_GENE]))
        yes = number(row["metrics"]["overestimation"]["value"])
        table.add_row(*map(printable, cells), yes, printable(scene.shows))
    console.print(table)
    basis = f"{_basis(first)}, {first.task.regime} regime; intervals from "
    basis += f"{first.report.resamples:,} resamples, under a control from its seeds"
    console.print(f"[dim]{basis}[/dim]", soft_wrap=not console.is_terminal)


def print_played(played: Sequence[Played]) -> None:
    """Print one row a scene of a real model, and what the figures say."""
    console = stdout()
    first = played[0]
    about = heading({**first.result.as_dict(), "control": None, "repeats": 1})
    console.print(f"[bold]{printable(f'{first.scene.model} on {about}')}[/bold]")
    table = _table("strategy", "control")
    for title in ("says yes", "truth", "answer mass", "answered"):
        table.add_column(title, justify="right")
    table.add_column("what it shows")
    for one in played:
        cells = (one.scene.strategy, one.scene.control or "-", figure(asdict(_gene(one.result))))
        shares = (share(one.yes), share(one.truth), number(one.mass), share(one.answered))
        table.add_row(*map(printable, cells), *shares, printable(one.scene.shows))
    console.print(table)
    basis = f"{_basis(first.result)}; intervals from {first.result.report.resamples:,} resamples of "
    console.print(
        f"[dim]{basis}{first.result.report.clusters} perturbations; controls with one seed[/dim]",
        soft_wrap=not console.is_terminal,
    )
    for sentence in sentences(played):
        console.print(printable(sentence), soft_wrap=not console.is_terminal)


def played_as_dict(played: Sequence[Played]) -> dict[str, Any]:
    """Return what ``--json`` prints of a demonstration with a real model."""
    first = played[0].result
    return {
        "schema_version": 1,
        "model": first.model,
        "dataset": first.task.dataset,
        "simulated": bool(first.simulated),
        "limit": first.part.limit,
        "seed": first.task.seed,
        "resamples": first.report.resamples,
        "perturbations": first.report.clusters,
        "scenes": [one.as_dict() for one in played],
        "sentences": sentences(played),
    }


def _table(*names: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=True)
    table.add_column("macro-per-gene AUROC [95 %]", style="bold", no_wrap=True)
    return table


def _gene(result: Result) -> Any:
    return result.report.metrics[_GENE]


def _basis(result: Result) -> str:
    gene = _gene(result)
    return f"{gene.pairs:,} pairs of the {gene.genes} genes with both classes"
