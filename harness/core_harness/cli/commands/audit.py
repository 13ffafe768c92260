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
    from core_harness.analysis.audit import DatasetAudit, RunAudit, audit_dataset, audit_run
    from core_harness.cli.output import dataset_audit, run_audit
    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.sections import print_sections, sections_as_markdown
    from core_harness.errors import UsageError
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import RunSpec, parse_parameters
    from core_harness.runs.folder import find_run
    from core_harness.text import as_csv

    is_run = any((place / what / "run.json").is_file() for place in (folder, Path()))
    for option, given in (("--contexts", contexts), ("-p", assignments)):
        if is_run and given:
            raise UsageError(f"{option} is about a dataset, and this is a run; leave it out")
    if controls and not is_run:
        raise UsageError(f"--controls is about a run, and {what!r} is none; leave it out")
    spec = RunSpec(dataset=what, parameters=parse_parameters(assignments), seed=seed)
    audit: RunAudit | DatasetAudit
    with watching() as (tell, notice):
        session = Session(registry, progress=tell, notice=notice)
        if is_run:
            audit = audit_run(find_run(what, folder), session, make_controls=controls, seed=seed)
        else:
            try:
                session.dataset(spec)
            except UsageError as error:
                raise UsageError(f"no run {what!r} in {folder}, and {error}") from None
            others = comma_separated(contexts)
            audit = audit_dataset(spec, session, contexts=others)
    if form == "json":
        click.echo(json.dumps(audit.as_dict(), indent=2, allow_nan=False))
        return
    if isinstance(audit, RunAudit):
        sections, rows = run_audit.sections(audit), run_audit.flat(audit)
    else:
        sections, rows = dataset_audit.sections(audit), dataset_audit.flat(audit)
    if form == "csv":
        click.echo(as_csv(rows), nl=False)
    elif form == "md":
        click.echo(sections_as_markdown(list(sections)), nl=False)
    else:
        print_sections(list(sections))
