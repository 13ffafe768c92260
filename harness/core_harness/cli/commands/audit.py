"""``core-harness audit``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options.forms import folder_option, form_option
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import bootstrap_seed_option, comma_separated, parameters_option

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("audit")
@click.argument("what", metavar="RUN|DATASET")
@folder_option
@click.option("--controls", is_flag=True, help="Make the controls that a run lacks.")
@click.option(
    "--contexts",
    default="",
    metavar="NAMES",
    help="Contexts to compare a dataset with, separated by commas.",
)
@bootstrap_seed_option
@parameters_option
@form_option
@registry_options
def audit_command(
    *,
    what: str,
    folder: Path,
    controls: bool,
    contexts: str,
    seed: int,
    assignments: tuple[str, ...],
    form: str,
    registry: Registry,
) -> None:
    """Show what the figures of a RUN rest on, or what a DATASET can show, with a verdict.

    RUN is a name below --in, or a path. DATASET is named as in `eval`, with the same parameters.
    """
    from core_harness.analysis.audit import RunAudit, audit, dataset_sections, run_sections
    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.sections import print_sections
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import parse_parameters
    from core_harness.sections import sections_as_markdown
    from core_harness.text import as_csv

    with watching() as (tell, notice):
        found = audit(
            what,
            controls=controls,
            contexts=comma_separated(contexts),
            parameters=parse_parameters(assignments),
            seed=seed,
            folder=folder,
            session=Session(registry, progress=tell, notice=notice),
        )
    if form == "json":
        click.echo(json.dumps(found.as_dict(), indent=2, allow_nan=False))
        return
    if form == "csv":
        rows = run_sections.flat(found) if isinstance(found, RunAudit) else dataset_sections.flat(found)
        click.echo(as_csv(rows), nl=False)
    elif form == "md":
        click.echo(sections_as_markdown(found.sections()), nl=False)
    else:
        print_sections(found.sections())
