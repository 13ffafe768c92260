"""Shrunk rates: how often a gene responds, how much a perturbation does.

Both are ``(positives + shrinkage * prevalence) / (measured + shrinkage)``, where prevalence is the
share of positives in the support of the same context. A gene is the pair (context, gene). To score
rows that were seen here, refit without them (:mod:`core_harness.data.crossfit`): a gene's rate with one row
left out reveals that row's label exactly.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core_harness.data.splits import Split

SHRINKAGE = 1.0
"""Pseudo-observations at the prevalence: one, fixed a priori."""


_CERTAIN = 1e-6
"""Rates are kept this far from 0 and 1, where log odds are infinite."""


def log_odds(rates: pl.Series) -> NDArray[np.float64]:
    """Return the log odds of rates."""
    from scipy.special import logit  # noqa: PLC0415 - slow to import, and few methods need it

    odds: NDArray[np.float64] = logit(rates.clip(_CERTAIN, 1 - _CERTAIN).to_numpy())
    return odds


def prevalence(support: pl.DataFrame) -> pl.DataFrame:
    """Return ``context, prevalence``: share of positives by context."""
    return support.group_by("context").agg(pl.col("label").mean().alias("prevalence")).sort("context")


def gene_rates(
    support: pl.DataFrame, *, shrinkage: float = SHRINKAGE, unlisted_weight: float = 0.0
) -> pl.DataFrame:
    """Return ``context, gene, measured, rate`` from :data:`~core_harness.schemas.SUPPORT` rows.

    With ``unlisted_weight``, each perturbation of the context that is not listed with a gene counts as that
    share of a pair that did not respond, in ``measured`` and in the prevalence too. Where every pair is
    listed, that changes nothing.
    """
    return _rates(support, "gene", shrinkage, unlisted_weight)


def perturbation_rates(support: pl.DataFrame, *, shrinkage: float = SHRINKAGE) -> pl.DataFrame:
    """Return ``context, perturbation, measured, rate``: the share of measured genes that it moves."""
    return _rates(support, "perturbation", shrinkage, 0.0)


def known_of(pairs: pl.DataFrame, support: pl.DataFrame) -> pl.DataFrame:
    """Return the support from which rates of the pairs are taken.

    For a context of the pairs without any support, all of the support stands in, under that context's name.
    """
    unseen = pairs.select(pl.col("context").unique()).join(support, on="context", how="anti")
    if unseen.is_empty():
        return support
    # a perturbation in two contexts is two units
    units = support.with_columns(pl.format("{} in {}", "perturbation", "context").alias("perturbation"))
    elsewhere = units.drop("context").join(unseen, how="cross").select(support.columns)
    return pl.concat([support, elsewhere]).sort("context", "perturbation", "gene")


def prevalence_of(pairs: pl.DataFrame, support: pl.DataFrame) -> pl.Series:
    """Return the prevalence in each pair's context (:func:`known_of`), in the order of ``pairs``."""
    return (
        pairs.select("context")
        .join(prevalence(known_of(pairs, support)), on="context", how="left", maintain_order="left")
        .select(pl.col("prevalence").fill_null(0.5))
        .to_series()
    )


def gene_rate_of(pairs: pl.DataFrame, support: pl.DataFrame, *, shrinkage: float = SHRINKAGE) -> pl.Series:
    """Return the shrunk rate of each pair's gene, in the order of ``pairs``.

    A gene that was never measured in the pair's context has the context's prevalence (:func:`known_of`).
    """
    known = gene_rates(known_of(pairs, support), shrinkage=shrinkage).drop("measured")
    rate = pairs.select("context", "gene").join(
        known, on=["context", "gene"], how="left", maintain_order="left"
    )["rate"]
    if not rate.has_nulls():
        return rate
    return rate.to_frame().select(pl.col("rate").fill_null(prevalence_of(pairs, support))).to_series()


def gene_rate_in(split: Split, pairs: pl.DataFrame) -> pl.Series:
    """Return :func:`gene_rate_of` by the support that a query has, in the order of ``pairs``."""
    if not split.away or pairs.is_empty():
        return gene_rate_of(pairs, split.support)
    parts = []
    for (context,), some in pairs.with_row_index("at").group_by("context", maintain_order=True):
        others = split.support.filter(pl.col("context") != context)
        parts.append(some.select("at", gene_rate_of(some, others).alias("rate")))
    return pl.concat(parts).sort("at")["rate"]


def _rates(support: pl.DataFrame, by: str, shrinkage: float, unlisted_weight: float) -> pl.DataFrame:
    listed = support.group_by("context", by).agg(
        pl.len().alias("measured"), pl.col("label").cast(pl.Int64).sum().alias("moved")
    )
    if unlisted_weight:
        units = support.group_by("context").agg(
            pl.col("perturbation").n_unique().cast(pl.Float64).alias("units")
        )
        unlisted = pl.col("units") - pl.col("measured")
        listed = listed.join(units, on="context").with_columns(
            pl.col("measured") + unlisted_weight * unlisted
        )
    # whole numbers, or sorted: the same sum in any order of rows
    listed = listed.sort("context", by)
    prevalence = pl.col("moved").sum().over("context") / pl.col("measured").sum().over("context")
    rate = (pl.col("moved") + shrinkage * prevalence) / (pl.col("measured") + shrinkage)
    return listed.select("context", by, "measured", rate.alias("rate"))
