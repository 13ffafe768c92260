"""Halves of a screen: perturbed cells and controls divided in two, so that one half repeats the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from core_harness.vocabulary import Halves

_UNIT = ("context", "perturbation")


@dataclass(frozen=True, kw_only=True)
class Half:
    """One half of one draw.

    Attributes
    ----------
    by
        ``batch``: whole batches of a context are divided. ``cells``: the cells of each perturbation, its
        guides apart where it has several.
    seed, draw
        Of all draws, and the number of this one.
    first
        Which of the two halves.
    """

    by: Halves
    seed: int
    draw: int
    first: bool


def cells_of_half(cells: pl.DataFrame, half: Half) -> pl.DataFrame:
    """Return the cells of a half, sorted as they were.

    Parameters
    ----------
    cells
        ``cell, context, perturbation, batch, guide``, one cell a row; controls are a perturbation among
        others, and so are divided too.
    half
        Both halves of a draw divide the same way.
    """
    draws = np.random.default_rng([half.seed, 13, half.draw])
    if half.by == "batch":
        found = _divided(cells, ("context", "batch"), ("context",), draws)
    else:
        several = pl.col("guide").n_unique().over(_UNIT) - pl.col("guide").is_null().any().over(_UNIT) > 1
        guided = several & pl.col("guide").is_not_null()
        found = pl.concat(
            [
                _divided(cells.filter(guided), (*_UNIT, "guide"), _UNIT, draws),
                # cells of a batch follow each other, so that both halves have cells of each batch
                _divided(cells.filter(~guided), (*_UNIT, "batch", "cell"), _UNIT, draws),
            ]
        )
    return found.filter(pl.col("first") == half.first).drop("first").sort("cell")


def _divided(
    cells: pl.DataFrame, together: Sequence[str], within: Sequence[str], draws: np.random.Generator
) -> pl.DataFrame:
    """Return cells with ``first``: groups of ``together`` go to either half in turn, in a drawn order."""
    groups = cells.select(together).unique().sort(together)
    groups = groups.with_columns(pl.Series("drawn", draws.random(groups.height)))
    outer = [name for name in together[:-1] if name not in within]
    order = [pl.col("drawn").min().over([*within, *outer]), "drawn"]
    groups = groups.sort([*within, *order])
    turn = pl.int_range(pl.len()).over(within) % 2
    return cells.join(
        groups.select(*together, (turn == 0).alias("first")), on=list(together), nulls_equal=True
    )
