"""``core-harness testserver``."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from core_harness.cli.options import completion
from core_harness.vocabulary import Fault, ScriptedName

if TYPE_CHECKING:
    from core_harness.testing import TestServer


@click.command("testserver")
@click.option(
    "--model",
    type=click.Choice(get_args(ScriptedName)),
    default="always-plausible",
    show_default=True,
    help="Scripted model that answers.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 picks a free port."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME=SHARE",
    shell_complete=completion.faults,
    help=f"Fault in this share of the calls, e.g. 429=0.2: {', '.join(get_args(Fault))}. May be repeated.",
)
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Time until an answer.",
)
def testserver_command(*, model: str, port: int, faults: tuple[str, ...], latency: float) -> None:
    """Serve a scripted model on this machine, for trials without a key.

    It speaks the OpenAI protocol. Every figure made with it is labelled simulated.
    """
    from core_harness.errors import UsageError
    from core_harness.testing import serve

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
