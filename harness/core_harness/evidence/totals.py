"""Sums of evidence by query, in sorted order and float64, so that they are the same bytes every time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness.evidence.related import SUMMED_AT_ONCE, Floats, OnGene, Places, matches
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


def sums_by_gene(block: Block, related: pl.DataFrame, on_gene: OnGene, power: float) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.TOTALS` of all evidence where relations differ from gene to gene.

    Parameters as for :func:`sums_by_product`; ``on_gene`` says how relations differ.
    """
    label = block.support["label"].to_numpy()
    sums, measured = _Sums(block.pairs.height, power), np.zeros(block.pairs.height)
    for found in matches(block, related, on_gene=on_gene, at_once=SUMMED_AT_ONCE):
        sums.add(Rows(found.pair, label[found.row], found.weight))
        _add(measured, found.pair, found.related**power)
    ordered = related.sort("perturbation", "context", "neighbour")
    whole = np.bincount(ordered["perturbation"].rle_id(), weights=ordered["weight"].to_numpy() ** power)
    of_query = ordered.select(pl.col("perturbation").unique(maintain_order=True)).with_columns(whole=whole)
    everything = block.pairs.join(of_query, on="perturbation", how="left", maintain_order="left")["whole"]
    return sums.frame(block, everything.fill_null(0.0).to_numpy() - measured)


class Rows(NamedTuple):
    """Rows of evidence in arrays of one length: row number of the pair, label, weight; 0 is no evidence."""

    pair: Places
    label: NDArray[np.uint8]
    weight: Floats


def sums_of_rows(block: Block, rows: Rows, unmeasured: Floats, power: float) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.TOTALS` of some rows of evidence, in the order of the pairs.

    Parameters
    ----------
    block
        Queries and support.
    rows
        The rows.
    unmeasured
        Weight of the related units that were not measured on the gene, in the order of the pairs, up to
        rounding.
    power
        Of the weights.
    """
    sums = _Sums(block.pairs.height, power)
    sums.add(rows)
    return sums.frame(block, unmeasured)


class _Sums:
    """Numbers and weights of rows by pair and label; rows may come in parts."""

    def __init__(self, pairs: int, power: float) -> None:
        self._power = power
        self._counts = np.zeros((2, pairs), dtype=np.int64)
        self._weights = np.zeros((2, pairs))

    def add(self, rows: Rows) -> None:
        for side, wanted in enumerate((1, 0)):
            own = (rows.label == wanted) & (rows.weight > 0)
            pair, weight = rows.pair[own], rows.weight[own] ** self._power
            _add(self._counts[side], pair, None)
            _add(self._weights[side], pair, weight)

    def frame(self, block: Block, unmeasured: Floats) -> pl.DataFrame:
        everything = self._weights.sum(axis=0) + np.clip(unmeasured, 0.0, None)
        return _frame(block, [*self._counts, *self._weights, everything])


def _add(sums: NDArray[Any], at: Places, values: Floats | None) -> None:
    """Add values, or ones, to the sums at some places, which mostly lie near each other; in their order."""
    if not len(at):
        return
    first, last = int(at.min()), int(at.max())
    # np.bincount adds in row order
    sums[first : last + 1] += np.bincount(at - first, weights=values)


def _frame(block: Block, sums: Sequence[NDArray[np.int64] | Floats]) -> pl.DataFrame:
    columns = dict(zip(TOTALS, (block.pairs["pair_id"], *sums), strict=True))
    return pl.DataFrame(columns).select(pl.col(name).cast(kind) for name, kind in TOTALS.items())
