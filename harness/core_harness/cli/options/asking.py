"""Options and commands about asking a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from core_harness.cli.options import completion

if TYPE_CHECKING:
    from core_harness.llm import Settings

Command = Callable[..., None]


def asking_options(command: Command) -> Command:
    """Add the options that say which model is asked, how fast, and how much may be spent."""
    options = (
        click.option(
            "--model",
            default="none",
            show_default=True,
            metavar="NAME",
            shell_complete=completion.models,
            help="For strategies that ask one: an alias such as qwen, or provider/model as litellm has it.",
        ),
        click.option("--api-base", metavar="URL", help="Ask a server of your own."),
        click.option(
            "--model-param",
            "model_assignments",
            multiple=True,
            metavar="NAME=VALUE",
            help="Set a parameter of the model, e.g. --model-param temperature=0.7. May be repeated.",
        ),
        click.option(
            "--samples",
            metavar="N",
            help="Draw each prompt so often, every second time with the evidence in the opposite order.",
        ),
        click.option(
            "--genes-per-prompt", metavar="N", help="Pack so many genes of a perturbation into a prompt."
        ),
        click.option(
            "--dry-run", is_flag=True, help="Say what would be asked and what it costs; send nothing."
        ),
        click.option(
            "--price",
            metavar="PROMPT,COMPLETION",
            help="USD for a million tokens, in place of the list price; a server of your own has none.",
        ),
        click.option("--max-cost", type=float, metavar="USD", help="Never spend more than this in a run."),
        click.option("--max-tokens", type=int, metavar="N", help="Never use more tokens than this in a run."),
        click.option("--max-calls", type=int, metavar="N", help="Never send more calls than this in a run."),
        click.option(
            "--max-failures", metavar="N|SHARE%", help="End early when more prompts than this have failed."
        ),
        click.option(
            "--concurrency", type=int, metavar="N", help="Calls in flight; found out when not given."
        ),
        click.option("--requests-per-minute", type=float, metavar="N", help="The provider's limit."),
        click.option("--tokens-per-minute", type=float, metavar="N", help="The provider's limit."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def of_model(api_base: str | None, assignments: Sequence[str]) -> list[str]:
    """Return ``--api-base`` and ``--model-param`` as assignments to the llm."""
    address = [] if api_base is None else [f"api_base={api_base}"]
    return [f"llm.{assignment}" for assignment in (*address, *assignments)]


SETTINGS = (
    "price",
    "max_cost",
    "max_tokens",
    "max_calls",
    "max_failures",
    "concurrency",
    "requests_per_minute",
    "tokens_per_minute",
)
"""Options of :func:`asking_options` that do not change an answer."""


def settings_of(options: dict[str, Any]) -> Settings:
    """Take the settings out of a command's options."""
    from core_harness.llm import Settings, parse_failures, parse_price

    values = {name: options.pop(name) for name in SETTINGS}
    if values["max_failures"] is not None:
        values["max_failures"] = parse_failures(values["max_failures"])
    if values["price"] is not None:
        values["price"] = parse_price(values["price"])
    return Settings(**values)


@click.group("cache")
def cache_group() -> None:
    """Look at the answers that no run has to pay for again."""


@cache_group.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def cache_show_command(*, as_json: bool) -> None:
    """Show what is cached, by model."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from rich.table import Table

    from core_harness.cli.output.tables import stdout
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
@click.option("--older-than", type=float, metavar="DAYS", help="Only answers stored more days ago than this.")
@click.option("--model", metavar="NAME", help="Only answers of this model; * stands for any text.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def cache_prune_command(*, older_than: float | None, model: str | None, yes: bool) -> None:
    """Delete cached answers. Run folders keep theirs."""
    from core_harness.llm import Cache
    from core_harness.paths import replies_path

    if not yes:
        click.confirm("Answers that are deleted have to be paid for again. Delete?", abort=True, err=True)
    with Cache(replies_path()) as cache:
        deleted = cache.prune(older_than=older_than, model=model)
    click.echo(f"{deleted:,} answers deleted.")


@click.command("testserver")
@click.option(
    "--model",
    type=click.Choice(["always-plausible", "follows-evidence", "ignores-evidence", "position-biased"]),
    default="always-plausible",
    show_default=True,
    help="Scripted model that answers.",
)
@click.option("--port", type=int, default=0, show_default=True, help="0 picks a free port.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME=SHARE",
    help="Fail in this share of the calls, e.g. --fault 429=0.2. May be repeated.",
)
@click.option("--latency", type=float, default=0.0, show_default=True, help="Seconds until an answer.")
def testserver_command(*, model: str, port: int, faults: tuple[str, ...], latency: float) -> None:
    """Answer like a model, by a script, on this machine: for trying things out.

    Whatever is made with it is labelled simulated.
    """
    from core_harness.errors import UsageError
    from core_harness.testing import TestServer, serve

    shares = {}
    for fault in faults:
        name, _, share = fault.partition("=")
        try:
            shares[name] = float(share)
        except ValueError:
            raise UsageError(f"--fault {fault!r} is not NAME=SHARE, e.g. --fault 429=0.2") from None

    def announce(server: TestServer) -> None:
        click.echo(f"Answering at {server.url}, simulated. Ctrl-C ends it. In another terminal:")
        for name, value in server.environment.items():
            click.echo(f"export {name}={value}")
        click.echo("core-harness eval --strategy isolated --model qwen")

    serve(port=port, announce=announce, model=model, faults=shares, latency=latency)
