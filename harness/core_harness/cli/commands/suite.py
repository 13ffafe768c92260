"""``core-harness eval --suite``: all cells of a suite, and the result of each."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options.asking import SETTINGS
from core_harness.cli.options.registry import registry_arguments
from core_harness.cli.options.values import refuse_others

if TYPE_CHECKING:
    from core_harness.evaluation.spec import Parameters
    from core_harness.llm import Estimate, Settings
    from core_harness.registry.entries import Registry
    from core_harness.suites.run import CellState

_ALLOWED = frozenset(
    {
        *("suite", "model", "api_base", "answer", "model_assignments", "dry_run", "seed", "out", "as_json"),
        *("path", "trust_registry", "plugin_files", "without_plugins"),
    }
)
"""Options of ``eval`` that go with a suite, in addition to those about asking."""


def run_whole_suite(
    name: str,
    registry: Registry,
    *,
    model: str | None,
    parameters: Parameters,
    settings: Settings,
    seed: int,
    out: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Run the suite ``name``, or estimate its cost, and print one row a cell."""
    from core_harness.cli.output.progress import watching
    from core_harness.evaluation.session import Session
    from core_harness.suites.run import estimate_suite, run_suite
    from core_harness.suites.suite import suite_named
    from core_harness.text import regime_of

    refuse_others({*_ALLOWED, *SETTINGS}, "does not go with --suite: the suite decides what is run")
    suite = suite_named(name, registry)
    with watching() as (tell, notice):
        session = Session(registry, settings=settings, progress=tell, notice=notice)
        run = estimate_suite if dry_run else run_suite
        states = run(suite, session, out=out, model=model, parameters=parameters, seed=seed)
    if as_json:
        content = {"schema_version": 1, "suite": name, "cells": [state.as_dict() for state in states]}
        click.echo(json.dumps(content, indent=2, allow_nan=False))
        return
    setting = {"regime": suite.regime, **suite.model_dump(include={"support_contexts", "gene_holdout"})}
    simulated = any(state.run is not None and state.run.manifest.simulated for state in states)
    marked = "  (SIMULATED)" if simulated else ""
    heading = f"suite {name}, {suite.task}, {regime_of(setting)} regime, seed {seed}{marked}"
    _print_cells(name, heading, states, out=out)


def _print_cells(name: str, heading: str, states: Sequence[CellState], *, out: Path) -> None:
    from core_harness.cli.output.console import printable, stdout
    from core_harness.sections import as_table
    from core_harness.suites.run import DRY_RUN

    console = stdout()
    reasons = [state.reason for state in states if state.reason and state.reason != DRY_RUN]
    notes = {reason: place for place, reason in enumerate(dict.fromkeys(reasons), start=1)}
    console.print(f"[bold]{printable(heading)}[/bold]")
    dry_run = any(state.reason == DRY_RUN for state in states)
    console.print(as_table([_row(state, notes, dry_run=dry_run) for state in states]))
    for reason, place in notes.items():
        console.print(f"[dim]({place}) {printable(reason)}[/dim]", soft_wrap=True)
    if dry_run:
        estimates = [state.estimate for state in states if state.estimate is not None]
        costs = [estimate.cost for estimate in estimates if estimate.cost is not None]
        unpriced = len(estimates) - len(costs)
        unknown = f", and {unpriced} cells whose price is not known" if unpriced else ""
        calls = sum(estimate.calls for estimate in estimates)
        console.print(f"total: {calls:,} calls, about ${sum(costs):,.4f}{unknown}; nothing was sent")
    elif any(state.run is not None for state in states):
        words = f"leaderboard build {shlex.quote(str(out))} --suite {shlex.quote(name)}{registry_arguments()}"
        console.print(printable(f"next: core-harness {words}"), soft_wrap=True)


def _row(state: CellState, notes: Mapping[str, int], *, dry_run: bool) -> dict[str, str]:
    from core_harness.suites.run import DRY_RUN
    from core_harness.text import figure

    said = "-"
    if state.reason is not None and state.reason != DRY_RUN:
        said = f"{'not run' if state.run is None else 'not complete'} ({notes[state.reason]})"
    elif state.run is not None and state.run.state == "complete":
        said = figure(state.run.report()["metrics"]["macro_gene_auroc"])
    return {
        "dataset": state.cell.dataset,
        "strategy": state.cell.strategy,
        "model": state.cell.model or "-",
        "macro-per-gene AUROC [95 %]": said,
        **(_estimated(state.estimate) if dry_run else {"run": "-" if state.run is None else state.run.name}),
    }


def _estimated(estimate: Estimate | None) -> dict[str, str]:
    if estimate is None:
        return dict.fromkeys(("calls", "prompt tokens", "generated at most", "cost", "cost at most"), "-")
    costs = ["unknown" if cost is None else f"${cost:,.2f}" for cost in (estimate.cost, estimate.cost_bound)]
    return {
        "calls": f"{estimate.calls:,}",
        "prompt tokens": f"{estimate.prompt_tokens:,}",
        "generated at most": f"{estimate.completion_tokens:,}",
        "cost": costs[0],
        "cost at most": costs[1],
    }
