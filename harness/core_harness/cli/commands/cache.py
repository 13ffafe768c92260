"""``core-harness cache``."""

from __future__ import annotations

import json

import click


@click.group("cache")
def cache_group() -> None:
    """Look at what later runs need not do again: cached answers of models, and stored relations."""


@cache_group.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_command(*, as_json: bool) -> None:
    """Show what is cached: answers by model, and how many relations."""
    from dataclasses import asdict

    from rich.table import Table

    from core_harness.cli.output.console import stdout
    from core_harness.evidence.stored import most_bytes, relations_folder, stored
    from core_harness.llm import Cache
    from core_harness.paths import replies_path

    with Cache(replies_path()) as cache:
        models = cache.show()
    relations, most = stored(relations_folder()), most_bytes()
    size = sum(one.size for one in relations)
    if as_json:
        of_relations = {"number": len(relations), "size": size, "most": most}
        content = {"models": [asdict(model) for model in models], "relations": of_relations}
        click.echo(json.dumps({"schema_version": 1, **content}, indent=2))
        return
    table = Table("model", "answered by", "replies", "bytes", "newest", box=None, header_style="bold")
    for model in models:
        table.add_row(
            model.model, model.answered, f"{model.replies:,}", f"{model.size:,}", _day(model.newest)
        )
    stdout().print(table if models else f"No answer is cached in {replies_path()}.")
    last = f", last used {_day(relations[-1].used)}" if relations else ""
    click.echo(f"relations: {len(relations):,}, {size / 1e9:.2f} of at most {most / 1e9:g} GB{last}")


@cache_group.command("prune")
@click.option("--relations", is_flag=True, help="Delete stored relations in place of answers.")
@click.option("--older-than", type=float, metavar="DAYS", help="Delete only what is older than this.")
@click.option(
    "--most",
    type=click.FloatRange(min=0),
    metavar="GB",
    help="Delete only what is over this size, with --relations: those not used for longest.",
)
@click.option("--model", metavar="NAME", help="Delete only answers of this model; * matches any text.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
def prune_command(
    *, relations: bool, older_than: float | None, most: float | None, model: str | None, yes: bool
) -> None:
    """Delete cached answers, or relations. Run folders keep their answers; relations are computed again."""
    if relations:
        if model is not None:
            raise click.UsageError("relations are of no model; leave out --model, or --relations")
        _prune_relations(older_than, most)
        return
    if most is not None:
        raise click.UsageError("--most is about relations; add --relations, or leave it out")
    from core_harness.llm import Cache
    from core_harness.paths import replies_path

    if not yes:
        click.confirm("Deleted answers have to be paid for again. Delete?", abort=True, err=True)
    with Cache(replies_path()) as cache:
        deleted = cache.prune(older_than=older_than, model=model)
    click.echo(f"{deleted:,} answers deleted.")


def _prune_relations(older_than: float | None, most: float | None) -> None:
    from core_harness.evidence.stored import prune, relations_folder

    chosen = older_than is not None or most is not None
    most_bytes = int(most * 1e9) if most is not None else None if chosen else 0
    deleted = prune(relations_folder(), most=most_bytes, older_than=older_than)
    click.echo(f"{len(deleted):,} relations deleted, {sum(one.size for one in deleted) / 1e9:.2f} GB.")


def _day(seconds: float) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
