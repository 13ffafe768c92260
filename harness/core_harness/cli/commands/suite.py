"""``core-harness eval --suite``: all cells of a suite, and the result of each."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options.asking import SETTINGS
from core_harness.cli.options.registry import registry_arguments
from core_harness.cli.options.values import refuse_others

if TYPE_CHECKING:
    from core_harness.evaluation.spec import Parameters
    from core_harness.llm import Settings
    from core_harness.registry.entries import Registry

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
    from core_harness.cli.output.cells import print_cells
    from core_harness.cli.output.console import printable, stdout
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
    console = stdout()
    console.print(f"[bold]{printable(heading)}[/bold]")
    print_cells(states, dry_run=dry_run)
    if not dry_run and any(state.run is not None for state in states):
        words = f"leaderboard build {shlex.quote(str(out))} --suite {shlex.quote(name)}{registry_arguments()}"
        console.print(printable(f"next: core-harness {words}"), soft_wrap=True)
