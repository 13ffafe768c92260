"""``core-harness cache``."""

from __future__ import annotations

import json

import click


@click.group("cache")
def cache_group() -> None:
    """Look at the cached answers of models, which no later run pays for again."""


@cache_group.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_command(*, as_json: bool) -> None:
    """Show what is cached, by model."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from rich.table import Table

    from core_harness.cli.output.console import stdout
    from core_harness.llm import Cache
    from core_harness.paths import replies_path

    with Cache(replies_path()) as cache:
        models = cache.show()
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "models": [asdict(model) for model in models]}, indent=2))
        return
    table = Table("model", "answered by", "replies", "bytes", "newest", box=None, header_style="bold")
    for model in models:
        newest = f"{datetime.fromtimestamp(model.newest, UTC):%Y-%m-%d}"
        table.add_row(model.model, model.answered, f"{model.replies:,}", f"{model.size:,}", newest)
    stdout().print(table if models else f"Nothing is cached in {replies_path()}.")


@cache_group.command("prune")
@click.option("--older-than", type=float, metavar="DAYS", help="Delete only answers older than this.")
@click.option("--model", metavar="NAME", help="Delete only answers of this model; * matches any text.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
def prune_command(*, older_than: float | None, model: str | None, yes: bool) -> None:
    """Delete cached answers. Run folders keep theirs."""
    from core_harness.llm import Cache
    from core_harness.paths import replies_path

    if not yes:
        click.confirm("Deleted answers have to be paid for again. Delete?", abort=True, err=True)
    with Cache(replies_path()) as cache:
        deleted = cache.prune(older_than=older_than, model=model)
    click.echo(f"{deleted:,} answers deleted.")
