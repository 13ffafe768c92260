"""Tables for the terminal: results on stdout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from core_harness.cli.output.console import printable, stdout
from core_harness.errors import HarnessError, NothingAnsweredError
from core_harness.evaluation.result import JSON_VERSION, Result
from core_harness.evaluation.result_sections import RIGHT, answered, basis, by_dataset, by_default, line
from core_harness.evaluation.verdict import verdict
from core_harness.evaluation.width import Width
from core_harness.llm import Estimate
from core_harness.metrics.catalog import GROUPS
from core_harness.runs.folder import Run
from core_harness.sections import as_table
from core_harness.text import declared, figure, heading, part_of, regime_of


def results_as_dict(
    results: Sequence[Result], failures: Mapping[str, HarnessError] | None = None
) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    return {
        "schema_version": JSON_VERSION,
        "results": [result.as_dict() for result in results],
        "failures": {label: str(error) for label, error in (failures or {}).items()},
    }


def print_results(results: Sequence[Result]) -> None:
    """Print a table for each dataset: one row a method, what figures rest on, one sentence of verdict."""
    for same in by_dataset(results):
        _print_results(same)


def _print_results(results: Sequence[Result]) -> None:
    rows = [result.as_dict() for result in results]
    console = stdout()
    table = as_table([line(row) for row in rows], right=RIGHT)
    table.columns[1].style = "bold"
    console.print(f"[bold]{printable(heading(rows[0]))}[/bold]")
    console.print(table)
    console.print(f"[dim]{printable(basis(rows[0]))}[/dim]", soft_wrap=not console.is_terminal)
    for said in (verdict(rows), *answered(results)):
        console.print(printable(said), soft_wrap=not console.is_terminal)
    for said in filter(None, map(by_default, rows)):
        console.print(f"[dim]{printable(said)}[/dim]", soft_wrap=not console.is_terminal)
    if folders := [str(result.run) for result in results if result.run is not None]:
        console.print(f"[dim]runs: {printable(', '.join(folders))}[/dim]", soft_wrap=True)


def refuse_unusable(results: Sequence[Result]) -> None:
    """Raise :class:`NothingAnsweredError` where not one answer to a method could be used."""
    if unusable := [result.strategy for result in results if result.nothing_usable]:
        raise NothingAnsweredError(
            f"{', '.join(unusable)}: not one answer of the model could be used; its run says why"
        )


def print_estimates(estimates: Mapping[str, Estimate], width: Width | None = None, *, as_json: bool) -> None:
    """Print what would be asked, one line a method, and how wide the interval of its figure will be."""
    if as_json:
        content = {label: estimate.as_dict() for label, estimate in estimates.items()}
        known = {} if width is None else {"interval": width.as_dict()}
        stdout().print_json(data={"schema_version": JSON_VERSION, "estimates": content, **known})
        return
    for label, estimate in estimates.items():
        stdout().print(printable(f"{label}: {estimate.sentence()}"), soft_wrap=True)
    if not estimates:
        stdout().print("No model would be asked; this costs nothing.")
    if width is not None:
        stdout().print(printable(width.sentence()), soft_wrap=True)


def print_runs(runs: Sequence[Run]) -> None:
    """Print one row a run."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("run", no_wrap=True)  # it is what other commands take
    for title in ("dataset", "method", "control", "state", "macro-per-gene AUROC [95 %]"):
        table.add_column(title)
    for run in runs:
        shown = run.state == "complete" and run.has_report
        estimate = figure(run.report()["metrics"]["macro_gene_auroc"]) if shown else "-"
        task = run.manifest.task
        dataset = f"{task.dataset} (simulated)" if task.simulated else task.dataset
        cells = (
            run.name,
            dataset,
            method_of(run),
            run.manifest.control or "-",
            run.state,
            estimate,
        )
        table.add_row(*(printable(cell) for cell in cells))
    stdout().print(table)


def method_of(run: Run) -> str:
    """Return the method with its model, what it declares, and whether a program made its answers up."""
    method = run.manifest.method
    name = method.name + declared(method.beyond_contrast)
    return f"{name} (simulated answers)" if "answers" in run.manifest.simulated else name


def print_run(run: Run) -> None:
    """Print the record and the metrics of a run."""
    console = stdout()
    manifest = run.manifest
    console.print(f"[bold]{printable(run.name)}[/bold]  {run.state}")
    about = Table(box=None, show_header=False, pad_edge=False)
    task = manifest.task
    about.add_row("dataset", printable(task.dataset) + ("  (simulated)" if task.simulated else ""))
    about.add_row("question", task.question)
    if (other := manifest.asked_with) is not None:
        about.add_row("asked with", printable(other.dataset))
    about.add_row("regime", printable(regime_of(asdict(task))))
    about.add_row("method", printable(method_of(run)))
    about.add_row("control", printable(manifest.control or "none"))
    about.add_row("part", printable(part_of(manifest.part.model_dump()) or "whole"))
    about.add_row("seed", str(task.seed))
    for stage, component in {"dataset": manifest.dataset, **manifest.method.components}.items():
        settings = ", ".join(f"{key}={value}" for key, value in component.parameters.items())
        about.add_row(
            printable(stage),
            printable(f"{component.name}({settings})  {component.distribution} {component.version}"),
        )
    if dates := manifest.contamination:
        cutoff = dates.get("knowledge_cutoff") or "a date that is not known"
        known = f"published {dates.get('published')}; {manifest.method.model} knows up to {cutoff}"
        about.add_row("may have read", printable(known))
    for note in (manifest.identifiers or {}).get("notes", ()):
        about.add_row("reading", printable(str(note)))
    about.add_row("dataset sha256", printable(manifest.dataset_sha256))
    about.add_row("graph sha256", printable(manifest.graph_sha256 or "no graph"))
    console.print(about)
    if run.state != "complete":
        console.print(
            "This run did not end, so it has no figures; `core-harness eval --resume` finishes it.",
            soft_wrap=True,
        )
        return
    report = run.report()
    console.print()
    console.print(_metrics(report["metrics"]))
    coverage = report["coverage"]
    by_status = ", ".join(f"{pairs} {status}" for status, pairs in coverage["status"].items())
    console.print(
        f"\n{coverage['scored']} of {coverage['pairs']} pairs answered ({by_status}); "
        f"{coverage['evaluable_genes']} of {coverage['genes']} genes have both classes"
    )


def _metrics(estimates: Mapping[str, Any]) -> Table:
    """Return a table of a report's metrics, group by group; an earlier program wrote fewer of them."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("metric")
    table.add_column("value [95 %]")
    for title in ("genes", "perturbations", "pairs"):
        table.add_column(title, justify="right")
    for group, names in GROUPS.items():
        table.add_row(f"[dim]{group}[/dim]")
        for metric, name in names.items():
            if (estimate := estimates.get(metric)) is None:
                continue
            counts = (f"{estimate[key]:,}" for key in ("genes", "perturbations", "pairs"))
            table.add_row(f"  {name}", figure(estimate), *counts)
    return table
