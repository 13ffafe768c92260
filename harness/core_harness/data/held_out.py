"""Which rows are test where a table does not say: names held out, drawn with a seed.

``perturbation=.25`` holds out a quarter of the perturbations, the same in every context, so that no other
context can give them away; ``context=.25`` whole contexts. With two axes (``perturbation+gene=.25``) test
rows have both names held out and train rows neither; rows with one of the two are in no split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from core_harness.errors import UsageError

AXES = ("perturbation", "context", "perturbation+gene", "perturbation+context")
"""What can be held out; held out alone, a gene would leave each perturbation on both sides."""

HINT = "--split perturbation=.25"


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """The axes of which names are held out, and the share of the names of each."""

    axes: tuple[str, ...]
    share: float

    def draw(self, names: Mapping[str, Sequence[str]], *, seed: int) -> dict[str, list[str]]:
        """Return the names that are held out, by axis; ``names`` are all there are.

        Depends on the set of names and the seed only. At least one name is held out, and at least one is not.
        Raises :class:`UsageError` for an axis with a single name.
        """
        return {axis: _drawn(sorted(set(names[axis])), axis, self.share, seed) for axis in self.axes}


def parse_held_out(text: str) -> HeldOut:
    """Return what ``perturbation=.25`` asks for. Raises :class:`UsageError`."""
    axes, _, share = text.replace(" ", "").partition("=")
    ordered = "+".join(sorted(axes.split("+"), key="perturbation context gene".find))
    known = {"+".join(sorted(one.split("+"), key="perturbation context gene".find)) for one in AXES}
    try:
        part = float(share)
    except ValueError:
        part = 0.0
    if ordered not in known or not 0 < part < 1:
        raise UsageError(
            f"split {text!r} is not AXIS=SHARE with a share between 0 and 1, as in {HINT} "
            f"(axes: {', '.join(AXES)})"
        )
    return HeldOut(axes=tuple(ordered.split("+")), share=part)


def split_of(held: Mapping[str, Sequence[str]]) -> pl.Expr:
    """Return ``train``, ``test``, or null for rows with some, but not all, of their names held out."""
    out = [pl.col(axis).is_in(list(names)) for axis, names in held.items()]
    return (
        pl.when(pl.all_horizontal(out))
        .then(pl.lit("test"))
        .when(~pl.any_horizontal(out))
        .then(pl.lit("train"))
        .alias("split")
    )


def _drawn(names: list[str], axis: str, share: float, seed: int) -> list[str]:
    if len(names) < 2:
        raise UsageError(
            f"there is one {axis} only, so none can be held out; split by another axis, e.g. {HINT}"
        )
    number = min(max(1, round(share * len(names))), len(names) - 1)
    order = np.random.default_rng([seed, 7, len(axis)]).permutation(len(names))
    return sorted(names[at] for at in order[:number])
