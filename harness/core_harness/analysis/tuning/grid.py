"""Settings that are tried: a product of values, or part of it drawn at random."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from core_harness.errors import UsageError
from core_harness.evaluation.spec import Parameters, parse_parameters
from core_harness.vocabulary import StrategyStage

Tries = Mapping[tuple[StrategyStage, str], Sequence[str]]
"""The values to try of each parameter, by stage and name, as a person wrote them."""

LARGEST = 2_000
"""Settings that are tried at most: a product of more was hardly meant."""


def parse_tries(assignments: Sequence[str]) -> Tries:
    """Return the values to try of each ``stage.name=value,value,...``.

    Values are separated by commas; by semicolons where there is one, so that a value may hold commas.
    Raises :class:`UsageError` for a parameter that is given twice, or of a stage at which a strategy does
    not choose.
    """
    tries: dict[tuple[StrategyStage, str], list[str]] = {}
    for assignment in assignments:
        ((stage, values),) = parse_parameters([assignment], option="--try").items()
        ((name, listed),) = values.items()
        if stage not in get_args(StrategyStage):
            known = ", ".join(get_args(StrategyStage))
            raise UsageError(
                f"--try {assignment!r}: a strategy has parameters of {known}, not of the {stage}"
            )
        key = cast("StrategyStage", stage), name
        if key in tries:
            raise UsageError(f"--try {stage}.{name} is given twice; write its values in one list")
        tries[key] = [value.strip() for value in listed.split(";" if ";" in listed else ",")]
    if not tries:
        raise UsageError("nothing to try; name values with --try, e.g. --try aggregator.shrinkage=.1,.3,1")
    return tries


def settings_of(tries: Tries, *, draw: int | None = None, seed: int = 0) -> list[Parameters]:
    """Return the product of the values by stage and name; that of the last parameter changes first.

    With ``draw``, only as many settings, drawn with ``seed``, in the order of the product. Raises
    :class:`UsageError` for more than :data:`LARGEST`.
    """
    shape = [len(values) for values in tries.values()]
    total = math.prod(shape)
    wanted = total if draw is None else min(draw, total)
    if wanted > LARGEST:
        raise UsageError(f"{wanted:,} settings are more than {LARGEST:,}; --random N tries N of them")
    places = np.arange(wanted)
    if wanted < total:
        rng = np.random.default_rng([seed, 9])
        places = np.sort(rng.choice(total, size=wanted, replace=False, shuffle=False))
    return [_setting(tries, at) for at in np.transpose(np.unravel_index(places, shape))]


def merged(first: Parameters, second: Parameters) -> Parameters:
    """Return parameters of both, by stage and name; the second's win."""
    return {stage: {**first.get(stage, {}), **second.get(stage, {})} for stage in {**first, **second}}


def _setting(tries: Tries, at: NDArray[np.intp]) -> Parameters:
    chosen: dict[StrategyStage, dict[str, Any]] = {}
    for ((stage, name), values), place in zip(tries.items(), at, strict=True):
        chosen.setdefault(stage, {})[name] = values[place]
    return cast("Parameters", chosen)
