"""Sums of evidence by query, in sorted order and float64, so that they are the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness.evidence.related import Floats, Places
from core_harness.schemas import TOTALS, Block


def sums_by_product(block: Block, related: pl.DataFrame, power: float) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.TOTALS` of all evidence, in the order of the pairs.

    For all queries at once it is a product: over support units u, of weight[p, u] with label[u, g]. The
    sparse factor walks the units in sorted order, whatever the machine.

    Parameters
    ----------
    block
        Queries and support.
    related
        Frame of :data:`~core_harness.schemas.RELATED`, weights above 0.
    power
        Of the weights.
    """
    queries = block.pairs.select(pl.col("perturbation").unique().sort()).with_row_index("q")
    genes = block.pairs.select(pl.col("gene").unique().sort()).with_row_index("g")
    keys = ["context", "perturbation"]
    units = block.support.select(keys).unique().sort(keys).with_row_index("u")
    cells = (
        related.join(queries, on="perturbation")
        .join(units.rename({"perturbation": "neighbour"}), on=["context", "neighbour"])
        .select("u", "q", "weight")
    )
    at = (cells["u"].to_numpy(), cells["q"].to_numpy())
    present = np.zeros((units.height, queries.height))
    present[at] = 1.0
    weights = np.zeros_like(present)
    weights[at] = cells["weight"].to_numpy() ** power

    measured = block.support.join(genes, on="gene").join(units, on=keys).sort("g", "u")
    where = block.pairs.join(genes, on="gene", maintain_order="left").join(
        queries, on="perturbation", maintain_order="left"
    )
    pair = (where["g"].to_numpy(), where["q"].to_numpy())

    def sums(label: int, factor: Floats) -> Floats:
        side = measured.filter(pl.col("label") == label)
        moved = sp.csr_array(
            (np.ones(side.height), (side["g"].to_numpy(), side["u"].to_numpy())),
            shape=(genes.height, units.height),
        )
        return np.asarray((moved @ factor)[pair])

    # by the same walk: numpy's own sum takes another order where there is one query
    everything = (sp.csr_array(np.ones((1, units.height))) @ weights)[0]
    counts = [sums(1, present), sums(0, present)]
    return _frame(block, [*counts, sums(1, weights), sums(0, weights), everything[pair[1]]])


class Rows(NamedTuple):
    """Rows of evidence in arrays of one length: row number of the pair, label, weight above 0."""

    pair: Places
    label: NDArray[np.uint8]
    weight: Floats


def sums_of_rows(block: Block, parts: Iterable[Rows], unmeasured: pl.Series, power: float) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.TOTALS` of some rows of evidence, in the order of the pairs.

    Parameters
    ----------
    block
        Queries and support.
    parts
        The rows.
    unmeasured
        Weight of the related units that were not measured on the gene, in the order of the pairs.
    power
        Of the weights.
    """
    number = block.pairs.height
    counts = np.zeros((2, number), dtype=np.int64)
    weights = np.zeros((2, number))
    for pair, label, weight in parts:
        for side, wanted in enumerate((1, 0)):
            own = label == wanted
            # np.bincount adds in row order
            counts[side] += np.bincount(pair[own], minlength=number)
            weights[side] += np.bincount(pair[own], weights=weight[own] ** power, minlength=number)
    return _frame(block, [*counts, *weights, weights[0] + weights[1] + unmeasured.to_numpy()])


def _frame(block: Block, sums: Sequence[NDArray[np.int64] | Floats]) -> pl.DataFrame:
    columns = dict(zip(TOTALS, (block.pairs["pair_id"], *sums), strict=True))
    return pl.DataFrame(columns).select(pl.col(name).cast(kind) for name, kind in TOTALS.items())
