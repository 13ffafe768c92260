"""The command line: a thin layer over :mod:`core_harness.evaluation.api`.

Commands import what they need when they run, so that ``--help`` and shell completion stay fast.
"""

from __future__ import annotations

import errno
import gc
import sys
import traceback
from typing import Any

import click

from core_harness.cli.commands.audit import audit_command
from core_harness.cli.commands.cache import cache_group
from core_harness.cli.commands.compare import compare_command
from core_harness.cli.commands.curve import curve_command
from core_harness.cli.commands.data import data_group
from core_harness.cli.commands.demo import demo_command
from core_harness.cli.commands.eval import eval_command
from core_harness.cli.commands.explain import explain_command
from core_harness.cli.commands.kg import kg_group
from core_harness.cli.commands.label import label_command
from core_harness.cli.commands.leaderboard import leaderboard_group
from core_harness.cli.commands.models import models_group
from core_harness.cli.commands.plugins import plugins_group
from core_harness.cli.commands.plugins_check import check_command
from core_harness.cli.commands.plugins_new import new_command
from core_harness.cli.commands.predict import predict_command
from core_harness.cli.commands.report import report_command
from core_harness.cli.commands.runs import runs_group
from core_harness.cli.commands.score import score_command
from core_harness.cli.commands.sweep import sweep_command
from core_harness.cli.commands.testserver import testserver_command
from core_harness.cli.commands.tune import tune_command
from core_harness.cli.output import streams
from core_harness.errors import HarnessError
from core_harness.text import plain

_NO_ARGUMENTS: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""What click raises to show the help of a group; absent before click 8.2."""


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""Writing fails for these whatever is written, so none is a bug: to stdout, and where no file is named."""


class _Group(click.Group):
    """A group whose commands end in one line where the user can mend it; only bugs keep their traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HarnessError as error:
            if ctx.params["show_traceback"]:
                traceback.print_exception(error)
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            streams.give_up_stdout()
            click.echo(f"Error: what was to be written is not whole: {error.strerror}", err=True)
            ctx.exit(HarnessError.exit_code)
        except _NO_ARGUMENTS:
            raise
        except click.UsageError as error:  # click alone would print three lines more
            help_of = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
            message = " ".join(error.format_message().split()).rstrip(".")
            click.echo(f"Error: {plain(message)}{help_of}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="core-harness")
@click.option("--traceback", "show_traceback", is_flag=True, help="Print the traceback of an error.")
def cli(*, show_traceback: bool) -> None:
    """Benchmark predictions of the effects of gene perturbations.

    Start with `core-harness eval`: it needs no data, no network and no key.
    """


cli.add_command(eval_command)
cli.add_command(sweep_command)
cli.add_command(curve_command)
cli.add_command(data_group)
data_group.add_command(label_command)
cli.add_command(runs_group)
cli.add_command(report_command)
cli.add_command(compare_command)
cli.add_command(score_command)
cli.add_command(predict_command)
cli.add_command(audit_command)
cli.add_command(explain_command)
cli.add_command(tune_command)
cli.add_command(leaderboard_group)
cli.add_command(kg_group)
cli.add_command(models_group)
cli.add_command(plugins_group)
plugins_group.add_command(new_command)
plugins_group.add_command(check_command)
cli.add_command(cache_group)
cli.add_command(testserver_command)
cli.add_command(demo_command)


_COLLECTED = 100_000
"""New objects after which Python looks for garbage: imports make many that stay, and looking at them as often
as usual, after 700, takes a sixth of a short command."""


def main() -> None:
    """Run the program."""
    gc.set_threshold(_COLLECTED)
    streams.prepare()
    sys.exit(cli(prog_name="core-harness"))
