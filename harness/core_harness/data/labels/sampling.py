"""Drawing negatives: the same number of rows for each perturbation, at a stated prevalence.

With equal rows, how often a perturbation is listed says nothing about how much it changes. What the draw
cannot mend: a negative is a gene drawn at random, and genes differ in how often they change, so gene
frequency alone reaches a high pooled AUROC.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness.errors import UsageError

WARNING = (
    "negatives are drawn at random among genes, which makes the pooled AUROC of gene frequency what it is; "
    "judge methods per gene"
)

Ints = NDArray[np.int64]

_UNIT = ("context", "perturbation")


def with_ranks(rows: pl.DataFrame, draws: np.random.Generator) -> pl.DataFrame:
    """Return rows with ``rank``, drawn among the changed or among the other rows of each perturbation."""
    side = (pl.col("label") == "none").alias("side")
    drawn = rows.with_columns(pl.Series("rank", draws.random(rows.height)))
    return drawn.with_columns(pl.col("rank").rank("ordinal").over(*_UNIT, side).cast(pl.UInt32))


def quotas(units: pl.DataFrame, *, prevalence: float | None, rows: int | None) -> pl.DataFrame:
    """Return how many changed and other rows of each perturbation are kept.

    Parameters
    ----------
    units
        ``context, perturbation, changed, none``: rows that there are.
    prevalence
        Share of changed rows to come as near to as equal numbers allow, by context.
    rows
        Rows a perturbation, in place of that.

    Returns
    -------
    polars.DataFrame
        ``context, perturbation, keep_changed, keep_none``, by unit. Perturbations with too few rows are
        left out.

    Raises
    ------
    UsageError
        There are too few negatives for the prevalence, or too few rows in every perturbation.
    """
    kept = [_of_context(of_one, prevalence, rows) for of_one in units.sort(*_UNIT).partition_by("context")]
    return pl.concat(kept)


def _of_context(units: pl.DataFrame, prevalence: float | None, rows: int | None) -> pl.DataFrame:
    changed, there = units["changed"].to_numpy(), (units["changed"] + units["none"]).to_numpy()
    context = units["context"][0]
    number = rows if rows is not None else _rows_for(changed, there, prevalence or 0.0, context)
    kept = np.minimum(changed, number)
    found = units.select(
        *_UNIT, pl.Series("keep_changed", kept), pl.Series("keep_none", number - kept)
    ).filter(pl.Series(there >= number))
    if found.is_empty():
        raise UsageError(
            f"no perturbation of {context} has {number:,} labelled rows (most: {there.max():,}); ask for "
            "fewer"
        )
    return found


def _rows_for(changed: Ints, there: Ints, prevalence: float, context: str) -> int:
    """Return the smallest number of rows at which no more than ``prevalence`` of them are changed."""
    low, high = 1, int(np.median(there))  # so that at least half of the perturbations have enough
    lowest = _prevalence_at(high, changed, there)
    if lowest > prevalence:
        raise UsageError(
            f"{context} has too few negatives for a prevalence of {prevalence:g}; with equal rows a "
            f"perturbation the lowest is {lowest:.3f}"
        )
    while low < high:
        middle = (low + high) // 2
        if _prevalence_at(middle, changed, there) <= prevalence:
            high = middle
        else:
            low = middle + 1
    return low


def _prevalence_at(number: int, changed: Ints, there: Ints) -> float:
    enough = there >= number
    return float(np.minimum(changed[enough], number).sum() / (number * enough.sum()))
