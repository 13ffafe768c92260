"""Which measured units are related to a query's perturbation, and the support rows under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness.schemas import EVIDENCE, RELATED, Block

Cut = Callable[[pl.DataFrame], pl.DataFrame]
"""Takes rows of evidence away; it is given all rows of a query at once, best first."""

BEST_FIRST = ("pair_id", -pl.col("weight"), "neighbour", "context")
"""Order of evidence; ties go by names, so that a cut does not depend on the order of rows."""

ROWS_AT_ONCE = 2_000_000
"""Rows of evidence that are made before they are cut: some 200 MB."""


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


def evidence_rows(block: Block, related: pl.DataFrame, *, keep: Cut | None = None) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.EVIDENCE`, best first within each query.

    Parameters
    ----------
    block
        Queries and support.
    related
        Frame of :data:`~core_harness.schemas.RELATED`; rows of weight 0 are no evidence.
    keep
        Of some queries at a time, so that what it takes away is never in memory at once; None keeps all.
    """
    names = block.pairs.select(pl.col("perturbation").unique().sort()).with_row_index("q")
    genes = block.pairs.select(pl.col("gene").unique().sort()).with_row_index("g")
    asked = block.pairs.join(names, on="perturbation").join(genes, on="gene").select("pair_id", "q", "g")
    support = block.support.rename({"perturbation": "neighbour"}).join(genes, on="gene")
    # numbered by name, so that ties may go by the number
    units = support.select("neighbour", "context").unique().sort("neighbour", "context").with_row_index("u")
    support = support.join(units, on=["neighbour", "context"])
    weights = related.select(*RELATED).filter(pl.col("weight") > 0).join(names, on="perturbation")
    weights = weights.join(units, on=["neighbour", "context"]).select("q", "u", "weight")
    frames = []
    for found in _chunks(_found(asked, weights, support)):
        best = found.join(asked, on=["q", "g"]).sort("pair_id", -pl.col("weight"), "u")
        rows = pl.concat([support[best["row"]], best.select("pair_id", "weight")], how="horizontal")
        rows = rows.select(*EVIDENCE)
        frames.append(rows if keep is None else keep(rows))
    if len(frames) == 1:
        return frames[0]
    return pl.concat(frames).sort(*BEST_FIRST) if frames else pl.DataFrame(schema=EVIDENCE)


def _found(asked: pl.DataFrame, weights: pl.DataFrame, support: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield ``q, row, u, g, weight``: for each query perturbation, the rows of the support that speak of it.

    They are looked for among the rows of its genes or among those of its related units, whichever are
    fewer. Where a unit was measured on few genes the former are, by hundreds; where few units are related
    and each was measured on all genes, the latter.
    """
    u, g = support["u"].to_numpy(), support["g"].to_numpy()
    weight = np.zeros(support["u"].n_unique())
    on = np.zeros(asked["g"].n_unique(), dtype=bool)
    by_unit, by_gene = _rows_by(u, len(weight)), _rows_by(g, len(on))
    genes_of = asked.select("q", "g").unique().partition_by("q", as_dict=True)
    for (q,), related in weights.group_by("q", maintain_order=True):
        near, genes = related["u"].to_numpy(), genes_of[q,]["g"].to_numpy()
        weight[:], on[:] = 0.0, False
        weight[near], on[genes] = related["weight"].to_numpy(), True
        sought = [by_gene[gene] for gene in genes], [by_unit[unit] for unit in near]
        row = np.concatenate(min(sought, key=lambda rows: sum(map(len, rows))))
        row = row[on[g[row]] & (weight[u[row]] > 0)]
        found = pl.DataFrame({"row": row, "u": u[row], "g": g[row], "weight": weight[u[row]]})
        yield found.with_columns(pl.lit(q, pl.UInt32).alias("q"))


def _rows_by(codes: NDArray[np.uint32], number: int) -> list[NDArray[np.int64]]:
    """Return the rows that have each of the codes from 0 to ``number``."""
    counts = np.bincount(codes, minlength=number)
    return np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])


def _chunks(parts: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield frames together until they have :data:`ROWS_AT_ONCE` rows."""
    chunk: list[pl.DataFrame] = []
    for part in parts:
        chunk.append(part)
        if sum(map(len, chunk)) >= ROWS_AT_ONCE:
            yield pl.concat(chunk)
            chunk = []
    if chunk:
        yield pl.concat(chunk)
