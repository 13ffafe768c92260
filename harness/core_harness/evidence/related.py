"""Which measured units are related to a query's perturbation, and the support rows under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness.schemas import EVIDENCE, RELATED, Block

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Factors = Callable[[Places, Places], Floats]
"""Of row numbers of pairs and of support, as many of each: what weights of relations are multiplied by."""


class OnGene(Protocol):
    """How relations differ from gene to gene: see :class:`~core_harness.evidence.likeness.Likeness`."""

    def on_gene(self, pairs: pl.DataFrame, support: pl.DataFrame) -> Factors:
        """Return the factors for rows of these pairs and this support. They are finite and not negative."""
        ...

    def renamed(self, codes: Mapping[str, str]) -> OnGene:
        """Return the same under other names."""
        ...


Cut = Callable[[pl.DataFrame], pl.DataFrame]
"""Takes rows of evidence away; it is given all rows of a query at once, best first."""

BEST_FIRST = ("pair_id", -pl.col("weight"), "neighbour", "context")
"""Order of evidence; ties go by names, so that a cut does not depend on the order of rows."""

ROWS_AT_ONCE = 2_000_000
"""Rows of evidence that are made before they are cut: some 200 MB."""

SUMMED_AT_ONCE = 200_000
"""Rows of evidence that are summed at a time: few enough for the processor's cache."""


def with_contexts(relations: pl.DataFrame) -> pl.DataFrame:
    """Return relations with a column ``neighbour_context``, null throughout where they had none."""
    if "neighbour_context" in relations.columns:
        return relations
    return relations.with_columns(pl.lit(None, pl.String).alias("neighbour_context"))


def related_units(relations: pl.DataFrame, block: Block) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.RELATED`, in any order: every relation with its context named.

    A relation without a ``neighbour_context`` becomes one for each context of the support in which the
    neighbour was measured. The query's own unit is left out, and so is what was not measured. Columns of
    other names ride along.

    Parameters
    ----------
    relations
        Frame of :data:`~core_harness.schemas.RELATIONS`.
    block
        Queries and support that they are about.
    """
    units = block.support.select(pl.col("perturbation").alias("neighbour"), "context").unique()
    relations = with_contexts(relations).drop("context", strict=False)
    anywhere = pl.col("neighbour_context").is_null()
    listed = [
        relations.filter(anywhere).drop("neighbour_context").join(units, on="neighbour"),
        relations.filter(~anywhere)
        .rename({"neighbour_context": "context"})
        .join(units, on=["neighbour", "context"], how="semi"),
    ]
    own = (pl.col("neighbour") == pl.col("perturbation")) & (pl.col("context") == block.context)
    extra = [column for column in relations.columns if column not in {*RELATED, "neighbour_context"}]
    return pl.concat(part.select(*RELATED, *extra) for part in listed).filter(~own)


class Matched(NamedTuple):
    """Rows of the support that speak of queries: arrays of one length, one row of evidence a place.

    Attributes
    ----------
    pair, row
        Row numbers of the block's ``pairs`` and ``support``.
    unit
        Number of the unit among the units of the support, by name, so that ties may go by it.
    related
        Weight of the relation, above 0, the same on every gene.
    weight
        Weight on the gene; 0 is no evidence.
    """

    pair: Places
    row: Places
    unit: Places
    related: Floats
    weight: Floats


def evidence_rows(
    block: Block, related: pl.DataFrame, *, on_gene: OnGene | None = None, keep: Cut | None = None
) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.EVIDENCE`, best first within each query.

    Parameters
    ----------
    block
        Queries and support.
    related
        Frame of :data:`~core_harness.schemas.RELATED`; rows of weight 0 are no evidence.
    on_gene
        How relations differ from gene to gene; None: not at all.
    keep
        Of some queries at a time, so that what it takes away is never in memory at once; None keeps all.
    """
    support = block.support.rename({"perturbation": "neighbour"})
    frames = []
    for found in matches(block, related, on_gene=on_gene):
        pair_id = block.pairs["pair_id"].to_numpy()[found.pair]
        best = np.lexsort((found.unit, -found.weight, pair_id))
        best = best[found.weight[best] > 0]
        rows = support[found.row[best]].with_columns(
            pl.Series("pair_id", pair_id[best]), pl.Series("weight", found.weight[best])
        )
        rows = rows.select(*EVIDENCE)
        frames.append(rows if keep is None else keep(rows))
    if len(frames) == 1:
        return frames[0]
    return pl.concat(frames).sort(*BEST_FIRST) if frames else pl.DataFrame(schema=EVIDENCE)


def matches(
    block: Block, related: pl.DataFrame, *, on_gene: OnGene | None = None, at_once: int = ROWS_AT_ONCE
) -> Iterator[Matched]:
    """Yield the rows of the support that speak of whole queries, some ``at_once`` at a time.

    Their order is fixed by names and, within a query, by the support. Parameters as for
    :func:`evidence_rows`.
    """
    names = block.pairs.select(pl.col("perturbation").unique().sort()).with_row_index("q")
    genes = block.pairs.select(pl.col("gene").unique().sort()).with_row_index("g")
    keys = ["perturbation", "context"]
    units = block.support.select(keys).unique().sort(keys).with_row_index("u")
    asked = _joined(block.pairs.with_row_index("pair"), names, genes).sort("q")
    support = _joined(block.support.with_row_index("row"), units, genes).sort("row")
    weights = _joined(
        related.select(*RELATED).filter(pl.col("weight") > 0),
        names,
        units.rename({"perturbation": "neighbour"}),
    ).sort("q", "u")
    factors = None if on_gene is None else on_gene.on_gene(block.pairs, block.support)
    for found in _chunks(_found(asked, weights, support, units=units.height, genes=genes.height), at_once):
        if factors is None:
            yield found
            continue
        yield found._replace(weight=found.related * factors(found.pair, found.row))


def _joined(frame: pl.DataFrame, *numbers: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with the numbers of its names; rows without one are left out."""
    for numbered in numbers:
        frame = frame.join(numbered, on=[name for name in numbered.columns if name in frame.columns])
    return frame


def _found(
    asked: pl.DataFrame, weights: pl.DataFrame, support: pl.DataFrame, *, units: int, genes: int
) -> Iterator[Matched]:
    """Yield, for each query perturbation, the rows of the support that speak of it.

    They are looked for among the rows of its genes or among those of its related units, whichever are
    fewer. Where a unit was measured on few genes the former are, by hundreds; where few units are related
    and each was measured on all genes, the latter.

    Parameters
    ----------
    asked
        ``q, g, pair``, sorted by ``q``.
    weights
        ``q, u, weight``, sorted by ``q``.
    support
        ``u, g, row``, sorted by ``row``.
    units, genes
        How many there are: all ``u`` and ``g`` are below.
    """
    u, g, number = (support[column].to_numpy() for column in ("u", "g", "row"))
    by_unit, by_gene = _RowsBy.code(u, units), _RowsBy.code(g, genes)
    weight, pair = np.zeros(units), np.full(genes, -1)
    asked_of, related_of = _runs(asked["q"]), _runs(weights["q"])
    asked_genes, pairs = asked["g"].to_numpy(), asked["pair"].to_numpy()
    related_units, related_weights = weights["u"].to_numpy(), weights["weight"].to_numpy()
    for q, at in related_of.items():
        near, own = related_units[at], asked_genes[asked_of[q]]
        weight[:], pair[:] = 0.0, -1
        weight[near], pair[own] = related_weights[at], pairs[asked_of[q]]
        fewer_by_gene = by_gene.number[own].sum() <= by_unit.number[near].sum()
        row = by_gene.of(own) if fewer_by_gene else by_unit.of(near)
        asked_by, given = pair[g[row]], weight[u[row]]
        speaks = (asked_by >= 0) & (given > 0)
        row, given = row[speaks], given[speaks]
        yield Matched(asked_by[speaks], number[row].astype(np.int64), u[row].astype(np.int64), given, given)


def _runs(sorted_numbers: pl.Series) -> dict[int, slice]:
    """Return where each number stands in a sorted series."""
    runs = sorted_numbers.rle().struct.unnest()
    ends = runs["len"].cast(pl.Int64).cum_sum()
    return {
        value: slice(end - length, end)
        for value, length, end in zip(runs["value"], runs["len"], ends, strict=True)
    }


class _RowsBy(NamedTuple):
    """Rows in the order of their codes, and where in it each code starts and how many rows it has."""

    rows: Places
    start: Places
    number: Places

    @classmethod
    def code(cls, codes: NDArray[np.uint32], number: int) -> _RowsBy:
        counts = np.bincount(codes, minlength=number)
        return cls(np.argsort(codes, kind="stable"), np.cumsum(counts) - counts, counts)

    def of(self, codes: Places) -> Places:
        """Return the rows of some codes, in that order. One gather is faster than a slice for each code."""
        number = self.number[codes]
        shift = self.start[codes] - (np.cumsum(number) - number)
        found: Places = self.rows[np.repeat(shift, number) + np.arange(number.sum())]
        return found


def _chunks(parts: Iterator[Matched], at_once: int) -> Iterator[Matched]:
    """Yield arrays together until they have ``at_once`` rows."""
    chunk: list[Matched] = []
    rows = 0
    for part in parts:
        chunk.append(part)
        rows += len(part.row)
        if rows >= at_once:
            yield _together(chunk)
            chunk, rows = [], 0
    if chunk:
        yield _together(chunk)


def _together(parts: list[Matched]) -> Matched:
    if len(parts) == 1:
        return parts[0]
    return Matched(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
