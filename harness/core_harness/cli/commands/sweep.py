"""``core-harness sweep``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from core_harness.cli.options import completion
from core_harness.cli.options.asking import settings_of, settings_options
from core_harness.cli.options.forms import json_option, out_option
from core_harness.cli.options.registry import registry_arguments, registry_options
from core_harness.cli.options.values import comma_separated, parameters_option
from core_harness.vocabulary import LIMITS, Control, ExecutorName, Only, Regime

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry
    from core_harness.suites.cell import CellState

_LISTS = ("datasets", "strategies", "models", "asking", "seeds", "controls", "regimes", "support_contexts")
"""Keys of a plan whose option may be repeated, or holds a list separated by commas."""

_NOT_GIVEN: tuple[object, ...] = (None, [], {})
"""Values of options that were not given."""


@click.command("sweep")
@click.argument("path_of_plan", metavar="[PLAN]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--dataset",
    "-d",
    "datasets",
    multiple=True,
    metavar="NAMES",
    shell_complete=completion.datasets,
    help="Datasets.",
)
@click.option(
    "--strategy",
    "-s",
    "strategies",
    multiple=True,
    metavar="NAMES",
    shell_complete=completion.strategies,
    help="Strategies; those that need a model are run with each of the models.",
)
@click.option(
    "--model", "models", multiple=True, metavar="NAMES", shell_complete=completion.models, help="Models."
)
@click.option(
    "--asking",
    multiple=True,
    metavar="NAMES",
    shell_complete=completion.strategies,
    help="Strategies that are run with each of the models though they can do without one.",
)
@click.option("--seed", "seeds", multiple=True, metavar="NUMBERS", help="Random seeds; 0 without any.")
@click.option(
    "--control",
    "controls",
    multiple=True,
    metavar="CONTROLS",
    help=f"Inputs that are broken on purpose: none, {', '.join(get_args(Control))}.",
)
@click.option("--control-seeds", type=int, metavar="N", help="Seeds of a control that draws; 20 without it.")
@click.option("--regime", "regimes", multiple=True, metavar="NAMES", help=f"{', '.join(get_args(Regime))}.")
@click.option(
    "--support-contexts",
    multiple=True,
    metavar="NAMES",
    help="Other contexts to learn from, where the regime has some.",
)
@click.option("--gene-holdout", type=float, metavar="SHARE", help="Share of the genes of regime unseen-gene.")
@click.option("--limit", type=int, metavar="N", help="Pairs to ask about, in whole genes drawn at random.")
@click.option("--only", type=click.Choice(get_args(Only)), help="Part to ask about.")
@click.option(
    "--executor",
    type=click.Choice(get_args(ExecutorName)),
    help="Where cells that ask no model are run: in this process, in several of this machine, or by dask.",
)
@click.option(
    "--workers", type=int, metavar="N", help="Workers of loky or dask; as many as there are without it."
)
@click.option(
    "--dask-address",
    metavar="ADDRESS",
    help="Scheduler of dask, e.g. tcp://host:8786; a local one without it.",
)
@settings_options
@out_option
@json_option
@parameters_option
@registry_options
def sweep_command(
    *,
    registry: Registry,
    path_of_plan: Path | None,
    assignments: tuple[str, ...],
    dry_run: bool,
    out: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Run every combination of datasets, strategies, models, seeds and controls, and rank the results.

    PLAN is a TOML file with the same names; an option replaces its key. What has a complete run below --out
    is not run again, and what was cut off goes on: after an interruption, give the same command again.
    """
    from core_harness.cli.output.cells import print_cells, ranked, refuse_failed
    from core_harness.cli.output.sweep import summary, watching_cells
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import parse_parameters
    from core_harness.suites.executors import Where
    from core_harness.suites.grid import estimated, found, run_cells
    from core_harness.suites.plan import read_plan, states_of

    limits = {name: options[name] for name in LIMITS}
    settings = settings_of(options)
    lists = {name: _listed(options.pop(name)) for name in _LISTS}
    given = {**options, **limits, **lists, "parameters": parse_parameters(assignments)}
    plan = read_plan(path_of_plan, {name: value for name, value in given.items() if value not in _NOT_GIVEN})
    where = Where(executor=plan.executor, workers=plan.workers, address=plan.dask_address)
    with watching_cells() as watched:
        session = Session(
            registry,
            settings=replace(settings, **{name: getattr(plan, name) for name in LIMITS}),
            progress=watched.tell,
            notice=watched.notice,
        )
        states = estimated(found(states_of(plan, session), session, out), session)
        if not dry_run:
            watched.notice(summary(states))
            try:
                states = run_cells(states, session, out=out, where=where, on_cell=watched.cells(states))
            except KeyboardInterrupt:
                watched.notice("interrupted; the same command goes on")
                raise
    if as_json:
        content = {"schema_version": 1, "cells": [state.as_dict() for state in states]}
        click.echo(json.dumps(content, indent=2, allow_nan=False))
    else:
        best = ranked(states)
        print_cells(states if dry_run else best, dry_run=dry_run)
        _print_next(best, out)
    refuse_failed(states)


def _print_next(best: Sequence[CellState], out: Path) -> None:
    """Print the command that tells the two best methods apart that were asked the same pairs."""
    from core_harness.cli.output.cells import asked_alike
    from core_harness.cli.output.console import printable, stdout

    complete = [state for state in best if state.complete]
    runs = [
        one.run.name
        for one in complete
        if one.run is not None and asked_alike(one.cell) == asked_alike(complete[0].cell)
    ]
    if len(runs) > 1:
        words = shlex.join(["compare", *runs[:2], "--in", str(out)]) + registry_arguments()
        stdout().print(printable(f"next: core-harness {words}"), soft_wrap=True)


def _listed(values: Sequence[str]) -> list[str]:
    """Return the names of an option that may be repeated, and may hold several, separated by commas."""
    return [name for listed in values for name in comma_separated(listed)]
