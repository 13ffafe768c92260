"""Options of several commands that give a value: seeds, parameters, lists of names."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, get_args

import click

from core_harness.cli.options import completion
from core_harness.vocabulary import Species

seed_option = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed."
)
bootstrap_seed_option = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Bootstrap seed."
)
parameters_option = click.option(
    "-p",
    "assignments",
    multiple=True,
    metavar="STAGE.NAME=VALUE",
    help="Parameter of a component, e.g. aggregator.shrinkage=2. May be repeated.",
)
"""Gives a command ``-p``; it takes the values as ``assignments``."""
mirror_option = click.option(
    "--mirror",
    metavar="URL",
    envvar="CORE_HARNESS_MIRROR",
    show_envvar=True,
    help="Mirror to download from: it holds each file at HOST/PATH of the original address.",
)
support_contexts_option = click.option(
    "--support-contexts",
    default="",
    metavar="NAMES",
    help="Other contexts to learn from, separated by commas (cross-context, unseen-context, unseen-both).",
)
control_seeds_option = click.option(
    "--control-seeds",
    type=int,
    default=20,
    show_default=True,
    help="Seeds over which a control that draws at random is averaged; each asks a model anew.",
)


def comma_separated(listed: str) -> list[str]:
    """Return the names of a comma-separated list, without blanks."""
    return [name.strip() for name in listed.split(",") if name.strip()]


def whole_numbers(option: str, listed: str) -> list[int]:
    """Return the numbers of a comma-separated list. Raises UsageError for what is none, or below 1."""
    from core_harness.errors import UsageError

    found = comma_separated(listed)
    if not found or not all(part.isdecimal() and int(part) for part in found):
        raise UsageError(f"{option} {listed!r} is no list of whole numbers from 1 on, such as 10,20")
    return [int(part) for part in found]


def budget(given: str | None) -> tuple[int, int | None] | None:
    """Return what ``--support K`` or ``--support K,M`` says. Raises UsageError for anything else."""
    from core_harness.errors import UsageError

    if given is None:
        return None
    numbers = whole_numbers("--support", given)
    if len(numbers) > 2:
        raise UsageError(f"--support {given!r} is K or K,M: perturbations, and genes of each")
    return numbers[0], numbers[1] if len(numbers) == 2 else None


def dataset_option(default: str, help: str) -> Callable[[Any], Any]:  # noqa: A002 - as click calls it
    """Return an option that names one dataset."""
    return click.option(
        "--dataset",
        "-d",
        default=default,
        show_default=True,
        metavar="NAME",
        shell_complete=completion.datasets,
        help=help,
    )


species_option = click.option(
    "--species",
    type=click.Choice(get_args(Species)),
    help="Whose genes a table names; mouse: they are called by their human orthologs, which the graph knows. "
    "Short for -p dataset.names=mouse-as-human.",
)


def of_species(species: str | None) -> list[str]:
    """Return ``--species`` as assignments to the dataset."""
    return ["dataset.names=mouse-as-human"] if species == "mouse" else []


def strategy_option(help: str) -> Callable[[Any], Any]:  # noqa: A002 - as click calls it
    """Return an option that names one strategy."""
    return click.option(
        "--strategy",
        "-s",
        default="voting",
        show_default=True,
        metavar="NAME",
        shell_complete=completion.strategies,
        help=help,
    )


def refuse_others(allowed: Collection[str], why: str) -> None:
    """Raise UsageError where the running command was given an option that is not among ``allowed``."""
    from click.core import ParameterSource

    from core_harness.errors import UsageError

    context = click.get_current_context()
    for option in context.command.params:
        given = option.name and context.get_parameter_source(option.name) is not ParameterSource.DEFAULT
        named = context.params.get(option.name or "") != ()  # an argument without values, in click 8.1
        if given and named and option.name not in allowed:
            raise UsageError(f"{option.opts[0]} {why}")
