"""``core-harness tune``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from core_harness.cli.options import completion
from core_harness.cli.options.forms import json_option
from core_harness.cli.options.registry import registry_options
from core_harness.cli.options.values import (
    comma_separated,
    control_seeds_option,
    parameters_option,
    seed_option,
    support_contexts_option,
)
from core_harness.vocabulary import Choice, Control

if TYPE_CHECKING:
    from core_harness.registry.entries import Registry


@click.command("tune")
@click.argument("strategy", shell_complete=completion.strategies)
@click.option(
    "--dataset",
    "-d",
    "datasets",
    multiple=True,
    default=["simulated"],
    show_default=True,
    metavar="NAME",
    shell_complete=completion.datasets,
    help="Dataset on whose support settings are tried. May be repeated; each counts the same.",
)
@click.option(
    "--try",
    "tries",
    multiple=True,
    metavar="STAGE.NAME=VALUES",
    help="Values to try of a parameter, separated by commas, or by semicolons if there are any, "
    "e.g. aggregator.power=1,2,3. May be repeated: settings are all combinations.",
)
@click.option("--random", "draw", type=int, metavar="N", help="Try N combinations, drawn at random.")
@click.option("--folds", type=int, default=5, show_default=True, help="Folds of the support.")
@click.option(
    "--criterion",
    default="macro_gene_auroc",
    show_default=True,
    metavar="METRIC",
    shell_complete=completion.metrics,
    help="Metric that decides, e.g. log_loss.",
)
@click.option(
    "--choose",
    type=click.Choice(get_args(Choice)),
    default="significant",
    show_default=True,
    help="What replaces the present setting: a significantly better one, or simply the best.",
)
@support_contexts_option
@click.option(
    "--control",
    "controls",
    default="",
    metavar="CONTROLS",
    help=f"Controls to show the chosen setting under, separated by commas: {', '.join(get_args(Control))}.",
)
@control_seeds_option
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="User registry that receives the strategy with the chosen setting, e.g. tuned.toml.",
)
@click.option("--name", metavar="NAME", help="Name of the strategy in the user registry.")
@click.option("--replace", is_flag=True, help="Replace a strategy of this name in the user registry.")
@seed_option
@json_option
@parameters_option
@registry_options
def tune_command(
    *,
    registry: Registry,
    strategy: str,
    datasets: tuple[str, ...],
    tries: tuple[str, ...],
    draw: int | None,
    folds: int,
    criterion: str,
    choose: Choice,
    support_contexts: str,
    controls: str,
    control_seeds: int,
    out: Path | None,
    name: str | None,
    replace: bool,
    seed: int,
    as_json: bool,
    assignments: tuple[str, ...],
) -> None:
    """Choose parameters of STRATEGY on the support of datasets, by cross-validation.

    Test rows are not read. The setting that is chosen can be written into a user registry, as a strategy that
    says on what it was chosen.
    """
    from core_harness.analysis.tuning import TuneSpec, parse_tries, tune
    from core_harness.cli.output.progress import watching
    from core_harness.cli.output.tuning import print_tuning
    from core_harness.errors import UsageError
    from core_harness.evaluation.session import Session
    from core_harness.evaluation.spec import parse_parameters
    from core_harness.plugins.strategies import strategy_named
    from core_harness.registry.writing import check_target, write_strategy

    if (out is None) != (name is None):
        raise UsageError("-o FILE and --name NAME go together; give both, or neither")
    spec = TuneSpec(
        strategy=strategy,
        datasets=datasets,
        tries=parse_tries(tries),
        draw=draw,
        parameters=parse_parameters(assignments),
        support_contexts=comma_separated(support_contexts),
        folds=folds,
        seed=seed,
        criterion=criterion,
        choose=choose,
        controls=comma_separated(controls),  # type: ignore[arg-type]  # checked by the class
        control_seeds=control_seeds,
    )
    if out is not None and name is not None:
        check_target(out, name, replace=replace)
    with watching() as (tell, notice):
        session = Session(registry, progress=tell, notice=notice)
        tuning = tune(session, spec)
    if out is not None and name is not None:
        tuned = tuning.entry(strategy_named(strategy, registry, session.components))
        write_strategy(out, name, tuned, replace=replace)
    written = None if out is None else {"file": str(out), "strategy": name}
    if as_json:
        click.echo(json.dumps({**tuning.as_dict(), "written": written}, indent=2, allow_nan=False))
        return
    print_tuning(tuning)
    if written is not None:
        contexts = ["--support-contexts", support_contexts] if support_contexts else []
        what = ["--registry", str(out), "--strategy", str(name), "--dataset", datasets[0], *contexts]
        click.echo(f"next: core-harness eval {shlex.join(what)}")
