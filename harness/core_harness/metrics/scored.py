"""What metrics are made of: pairs with their label and their score."""

from __future__ import annotations

import numpy as np
import polars as pl

from core_harness.errors import PluginError
from core_harness.metrics.segments import Floats, coded
from core_harness.schemas import Schema, check, in_order

SCORED: Schema = {
    "context": pl.String,
    "perturbation": pl.String,
    "gene": pl.String,
    "label": pl.UInt8,
    "score": pl.Float64,
    "status": pl.String,
    "gene_rate": pl.Float64,
}
"""One asked pair a row; ``score`` is finite, or null where the pair was not answered.

``gene_rate`` is how often the gene responds in the support (:func:`core_harness.data.rates.gene_rate_of`).
"""

EPSILON = 1e-6
"""Scores are kept this far from 0 and 1 where log odds are taken of them."""


def checked(scored: object) -> pl.DataFrame:
    """Return the columns of :data:`SCORED` and the ``cluster`` of each pair, in sorted order.

    Figures made from the result do not depend on the order in which the pairs came. Clusters are
    numbered over all pairs, answered or not, so that two runs on the same pairs share them.

    Raises
    ------
    PluginError
        A column is missing or of another type, a value other than a score is missing, a label is
        neither 0 nor 1, a score is NaN or infinite, or a gene's rate is outside [0, 1].
    """
    rows = check(scored, SCORED, "scoring").select(*SCORED)
    for column in ("context", "gene", "label", "status", "gene_rate"):
        _refuse(rows, column, pl.col(column).is_null(), "every pair needs one")
    _refuse(rows, "label", pl.col("label") > 1, "a label is 0 or 1")
    _refuse(
        rows, "score", ~pl.col("score").is_finite(), "a score is finite, or null where there is no answer"
    )
    _refuse(rows, "gene_rate", ~pl.col("gene_rate").is_between(0, 1), "a rate is from 0 to 1")
    rows = rows.with_columns(cluster_of(rows))
    by = ("context", "perturbation", "gene")
    return rows if in_order(rows, by) else rows.sort(*by, "label", "score", "status", "gene_rate")


def are_probabilities(rows: pl.DataFrame) -> bool:
    """Return whether all scores lie within [0, 1]; missing ones say nothing."""
    return bool(rows["score"].drop_nulls().is_between(0, 1).all())


def log_odds(rows: pl.DataFrame) -> Floats:
    """Return log(score / (1 - score)) of rows whose scores are probabilities."""
    score = rows["score"].clip(EPSILON, 1 - EPSILON).to_numpy()
    odds: Floats = np.log(score / (1 - score))
    return odds


def cluster_of(rows: pl.DataFrame) -> pl.Series:
    """Return the number of each pair's cluster: its perturbation, whatever the context.

    What one perturbation does in several cell lines is not independent, so those pairs are drawn
    together. Clusters are numbered from 0 by name. Raises PluginError for a pair without perturbation.
    """
    _refuse(rows, "perturbation", pl.col("perturbation").fill_null("") == "", "every pair needs one")
    return coded(rows["perturbation"]).alias("cluster")


def _refuse(rows: pl.DataFrame, column: str, bad: pl.Expr, rule: str) -> None:
    wrong = rows.with_row_index("row", offset=1).filter(bad)
    if wrong.is_empty():
        return
    row = wrong.row(0, named=True)
    pair = ", ".join(str(row[key]) for key in ("context", "perturbation", "gene"))
    value = {None: "missing", "": "empty"}.get(row[column], row[column])
    raise PluginError(f"scoring: column {column!r} is {value} in row {row['row']} ({pair}); {rule}")
