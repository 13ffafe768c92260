"""``core-harness leaderboard``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core_harness.cli.options import completion
from core_harness.cli.options.forms import folder_option
from core_harness.cli.options.registry import registry_options

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.group("leaderboard")
def leaderboard_group() -> None:
    """Rank the runs of a suite, and submit results."""


@leaderboard_group.command("build")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--suite",
    required=True,
    metavar="NAME",
    shell_complete=completion.suites,
    help="Suite to rank.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("site"),
    show_default=True,
    help="Folder of the site; an earlier site is replaced, and other files in it stay.",
)
@click.option(
    "--with-predictions",
    is_flag=True,
    help="Offer predictions for download; the licence of the data must allow it. Simulated ones always are.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the content of leaderboard.json.")
@registry_options
def build_command(
    *,
    registry: Registry,
    runs: tuple[Path, ...],
    suite: str,
    out: Path,
    with_predictions: bool,
    as_json: bool,
) -> None:
    """Build a static site from RUNS: run folders, or folders of run folders.

    Every figure is computed from the predictions. Unranked runs are listed with the reason.
    """
    import json

    from core_harness.cli.output.leaderboard_tables import print_board
    from core_harness.cli.output.progress import watching
    from core_harness.evaluation.session import Session
    from core_harness.leaderboard import build, write_site
    from core_harness.leaderboard.exports import as_dict

    with watching() as (tell, _):
        board = build(runs, suite, Session(registry, progress=tell), with_predictions=with_predictions)
        tell("writing the site", 0, 1)
        write_site(board, out)
    if as_json:
        click.echo(json.dumps(as_dict(board), indent=2, allow_nan=False))
    else:
        print_board(board, out)


@leaderboard_group.command("submit")
@click.argument("run")
@click.option(
    "--suite", required=True, metavar="NAME", shell_complete=completion.suites, help="Suite of the result."
)
@folder_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("docs/results"),
    show_default=True,
    help="Folder that receives the result folder.",
)
@click.option("--submitter", metavar="NAME", help="Name that boards show as that of the submitter.")
@registry_options
def submit_command(
    *, registry: Registry, run: str, suite: str, folder: Path, out: Path, submitter: str | None
) -> None:
    """Write RUN (a name, or a path) as a result folder for a pull request: its record and predictions.

    The checks are those of `leaderboard build`. Replies and settings of this machine are left out.
    """
    from core_harness.evaluation.session import Session
    from core_harness.leaderboard import submit
    from core_harness.runs.folder import find_run

    found = find_run(run, folder)
    result = submit(found.folder, suite, Session(registry), out=out, submitter=submitter)
    click.echo(str(result))
    click.echo("Look at its run.json, then add the folder to a pull request.", err=True)
