"""What is left of a score when the strength of its perturbation is taken out."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse.linalg import LinearOperator, lsqr
from threadpoolctl import threadpool_limits

from core_harness.metrics.scored import log_odds
from core_harness.metrics.segments import GENE, PERTURBATION, numbered

_PRECISION = 1e-14
"""Of the least squares, relative."""

_DECIMALS = 6
"""Of a residual: what differs by rounding errors is a tie."""


def without_potency(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows whose score is the log odds of the score minus the effect of the perturbation.

    Effects are those of the additive model ``log odds = perturbation + gene``, by least squares over all
    ``rows``. Genes have effects in it because perturbations are not asked about the same genes: a
    perturbation's mean score also says how often its genes respond. Scores are probabilities.
    """
    if rows.is_empty():
        return rows
    odds = log_odds(rows)
    perturbation, gene = numbered(rows, PERTURBATION), numbered(rows, GENE)
    number = int(perturbation.max()) + 1
    column = number + gene
    effects_in_all = number + int(gene.max()) + 1
    design = LinearOperator(
        (rows.height, effects_in_all),
        matvec=lambda effects: effects[perturbation] + effects[column],
        # adds in row order
        rmatvec=lambda values: np.append(np.bincount(perturbation, values), np.bincount(gene, values)),
        dtype=np.float64,
    )
    with threadpool_limits(limits=1):  # threads would sum in another order, and vectors are short
        effects = lsqr(design, odds, atol=_PRECISION, btol=_PRECISION, conlim=0)[0]
    residual = (odds - effects[perturbation]).round(_DECIMALS)
    return rows.with_columns(pl.Series("score", residual))
