"""``core-harness audit``."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.registry import registry_options

if TYPE_CHECKING:
    from core_harness.registry import Registry


@click.command("audit")
@click.argument("what", metavar="RUN|DATASET")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder that holds the runs, and the controls beside them.",
)
@click.option("--controls", is_flag=True, help="Of a run: run the controls that are missing.")
@click.option(
    "--contexts",
    default="",
    metavar="NAMES",
    help="Of a dataset: compare with these other contexts too, separated by commas.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the resamples.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@registry_options
def audit_command(
    *, what: str, folder: Path, controls: bool, contexts: str, seed: int, as_json: bool, registry: Registry
) -> None:
    """Say what a RUN's figures are made of, or what a DATASET can show, and end with a plain verdict.

    A run is a name below --in, or a path; a dataset is named as in `eval`.
    """
    from core_harness.catalog import catalog
    from core_harness.cli.progress import watching
    from core_harness.errors import UsageError

    is_run = (folder / what).is_dir() or Path(what).is_dir()
    if is_run and contexts:
        raise UsageError("--contexts is about a dataset, and this is a run; leave it out")
    if controls and not is_run:
        raise UsageError(f"--controls is about a run, and {what!r} is none; leave it out")
    show: Callable[[], None]
    with watching() as (tell, _):
        if is_run:
            from core_harness.audit import audit_run
            from core_harness.cli.run_audit import print_run_audit
            from core_harness.runs import find_run

            run = find_run(what, folder)
            of_run = audit_run(
                run,
                registry,
                catalog(),
                folder=folder,
                make_controls=controls,
                seed=seed,
                progress=tell,
            )
            content, show = of_run.as_dict(), partial(print_run_audit, of_run)
        else:
            from core_harness.audit import audit_dataset
            from core_harness.cli.dataset_audit import print_dataset_audit
            from core_harness.runspec import RunSpec

            spec = RunSpec(dataset=what, seed=seed)
            names = [name.strip() for name in contexts.split(",") if name.strip()]
            of_dataset = audit_dataset(spec, registry, catalog(), contexts=names, progress=tell)
            content, show = of_dataset.as_dict(), partial(print_dataset_audit, of_dataset)
    if as_json:
        click.echo(json.dumps(content, indent=2, allow_nan=False))
    else:
        show()
