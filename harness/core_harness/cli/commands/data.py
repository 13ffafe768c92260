"""``core-harness data``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from core_harness.cli.options import completion
from core_harness.cli.options.forms import json_option
from core_harness.cli.options.values import mirror_option
from core_harness.cli.output.downloads import accept, size, watching_download
from core_harness.vocabulary import Agent, Naming

if TYPE_CHECKING:
    from core_harness.registry.entries import SourceEntry


@click.group("data")
def data_group() -> None:
    """Download data from their publishers, and check what is there.

    The data folder is the one that CORE_HARNESS_DATA names, else the user's data folder. Sources differ in
    their licences: see docs/data.md.
    """


@data_group.command("pull")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=completion.sources)
@click.option("--yes", is_flag=True, help="Accept size and licences.")
@mirror_option
def pull_command(*, names: tuple[str, ...], yes: bool, mirror: str | None) -> None:
    """Download absent sources. NAME is a source (see `data list`), perturbqa, kg, or all.

    Size and licences have to be accepted first. Files that were not pulled are never replaced.
    """
    from core_harness.data.sources.pull import choose, lacking, pull
    from core_harness.errors import UsageError
    from core_harness.paths import data_folder
    from core_harness.registry.loading import shipped_registry

    if mirror and not mirror.startswith(("http://", "https://")):
        raise UsageError(f"mirror {mirror!r} is not an address; it should begin with http:// or https://")
    folder = data_folder()
    chosen = choose(shipped_registry().source, names)
    wanted = [source for source in chosen if lacking(folder, source)]
    if not wanted:
        click.echo(f"{', '.join(names)}: all there, in {folder}")
        return
    if not yes:
        accept(wanted, folder)
    for source in wanted:
        with watching_download() as progress:
            records = pull(source, folder, mirror=mirror or None, progress=progress)
        for file, record in records.items():
            click.echo(f"{folder / file}  {size(record.bytes)}  {record.licence}  sha256 {record.sha256}")


@data_group.command("list")
@json_option
def list_command(*, as_json: bool) -> None:
    """List the sources: files, size and licence."""
    from rich.markup import escape
    from rich.table import Table

    from core_harness.cli.output.console import stdout
    from core_harness.data.sources.manifest import holdings
    from core_harness.paths import data_folder
    from core_harness.registry.loading import shipped_registry

    folder, sources = data_folder(), shipped_registry().source
    if as_json:
        listing = [_as_dict(source, folder) for source in sources]
        click.echo(json.dumps({"schema_version": 1, "folder": str(folder), "sources": listing}, indent=2))
        return
    table = Table(
        "source", "part of", "files there", "on disk", "to download", "release", "licence", box=None
    )
    table.header_style = "bold"
    for source in sources:
        held = holdings(folder, source)
        there = [h for h in held if h.bytes is not None]
        states = Counter(h.state for h in held if h.state not in {"absent", "whole"})
        cells = (
            source.name,
            source.collection,
            ", ".join([f"{len(there)} of {len(held)}", *(f"{n} {state}" for state, n in states.items())]),
            size(sum(h.bytes or 0 for h in there)) if there else "-",
            "-" if len(there) == len(held) else f"about {source.megabytes:g} MB",
            source.release,
            source.licence,
        )
        table.add_row(*map(escape, cells))
    console = stdout()
    console.print(table)
    console.print(f"[dim]in {escape(str(folder))}[/dim]", soft_wrap=True)


@data_group.command("show")
@click.argument("name", shell_complete=completion.sources)
@json_option
def show_command(*, name: str, as_json: bool) -> None:
    """Show one source: origin, licence and files."""
    from core_harness.errors import UsageError, unknown
    from core_harness.paths import data_folder
    from core_harness.registry.loading import shipped_registry

    sources = {source.name: source for source in shipped_registry().source}
    if name not in sources:
        raise UsageError(unknown("source", name, sources))
    source, folder = sources[name], data_folder()
    content = _as_dict(source, folder)
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "folder": str(folder), **content}, indent=2))
        return
    click.echo(f"{source.name}: {source.summary}")
    click.echo(f"release  {source.release}")
    click.echo(f"licence  {source.licence}  {source.terms}")
    click.echo(f"about {source.megabytes:g} MB from")
    for download in source.downloads:
        digest = f"  sha256 {download.sha256}" if download.sha256 else ""
        click.echo(f"  {download.url}{digest}")
    click.echo(f"files in {folder}")
    for file in content["files"]:
        length = "" if file["bytes"] is None else f"  {size(file['bytes'])}"
        day = f"  fetched {file['date']}" if file["date"] else ""
        click.echo(f"  {file['file']}  {file['state']}{length}{day}")


@data_group.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completion.sources)
@json_option
def verify_command(*, names: tuple[str, ...], as_json: bool) -> None:
    """Check files against the digests that were recorded when they were pulled.

    A file is whole, changed, absent, older (of another release than the registry's), or own (not pulled,
    so that there is no digest to check).
    """
    from core_harness.data.sources.manifest import holdings
    from core_harness.data.sources.pull import choose
    from core_harness.errors import DataError
    from core_harness.paths import data_folder
    from core_harness.registry.loading import shipped_registry

    folder = data_folder()
    chosen = choose(shipped_registry().source, names or ("all",))
    held = {source.name: holdings(folder, source) for source in chosen}
    found = [(name, h) for name, hs in held.items() for h in hs if h.record or h.bytes is not None]
    wrong = [(name, h.file) for name, h in found if h.state in {"absent", "changed"}]
    if as_json:
        files = [{"source": name, "file": h.file, "state": h.state} for name, h in found]
        click.echo(json.dumps({"schema_version": 1, "folder": str(folder), "files": files}, indent=2))
    else:
        for name, h in found:
            click.echo(f"{h.state:8}{name:16}{h.file}")
    if wrong:
        sources = " ".join(dict.fromkeys(name for name, _ in wrong))
        raise DataError(
            f"{len(wrong)} of {len(found)} files in {folder} are not as they were pulled, the first of them "
            f"{wrong[0][1]}; `core-harness data pull {sources}` gets them again"
        )
    if not found:
        click.echo(f"nothing in {folder}; `core-harness data pull all` gets it", err=True)


def _as_dict(source: SourceEntry, folder: Path) -> dict[str, Any]:
    from core_harness.data.sources.manifest import holdings

    content = source.model_dump(mode="json")
    content["files"] = [
        {
            "file": h.file,
            "state": h.state,
            "bytes": h.bytes,
            "sha256": h.record.sha256 if h.record else None,
            "date": h.record.date if h.record else None,
        }
        for h in holdings(folder, source)
    ]
    return content


@data_group.command("names")
@click.argument("table", type=click.Path(path_type=Path))
@click.option(
    "--agent",
    type=click.Choice(get_args(Agent)),
    default="knockdown",
    show_default=True,
    help="What the perturbations are.",
)
@click.option(
    "--names",
    type=click.Choice(get_args(Naming)),
    default="approved",
    show_default=True,
    help="What rows are called.",
)
@json_option
def names_command(*, table: Path, agent: Agent, names: Naming, as_json: bool) -> None:
    """Print what each name of a TABLE is and what a dataset calls it, as CSV or JSON.

    A control, which a dataset leaves out, has no name.
    """
    from core_harness.data.tables.identifiers import names_in
    from core_harness.text import as_csv

    found = names_in(table, agent=agent, naming=names)
    click.echo(
        json.dumps({"schema_version": 1, "names": found}, indent=2) if as_json else as_csv(found), nl=as_json
    )
