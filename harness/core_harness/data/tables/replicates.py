"""What a repeated experiment says of the pairs of a table: a file beside the table."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core_harness.data.tables.reading import opening
from core_harness.errors import DataError, PluginError
from core_harness.schemas import Schema, check
from core_harness.vocabulary import Question

REPLICATES: Schema = {
    "draw": pl.String,
    "context": pl.String,
    "perturbation": pl.String,
    "gene": pl.String,
    "label": pl.String,
    "p_value": pl.Float64,
    "log2_fold_change": pl.Float64,
}
"""One pair of one draw a row: ``label`` (``up``, ``down``, ``none``) from one half of the cells, and the test
of the other half; or the label of the table, and the test of another screen."""

SMALLEST = 5e-324
"""The smallest p-value that has a logarithm: tests write 0 for what is below it."""


def replicates_path(table: Path) -> Path:
    """Return where the repeated experiment of a table is: beside it."""
    return table.with_name(f"{table.name}.replicates.parquet")


def read_replicates(table: Path) -> pl.DataFrame | None:
    """Return :data:`REPLICATES` of a table; None where it has none.

    Raises :class:`~core_harness.errors.DataError` where the file cannot be used.
    """
    path = replicates_path(table)
    if not path.exists():
        return None
    try:
        with opening(path):
            return check(pl.read_parquet(path, glob=False), REPLICATES, str(path))
    except (PluginError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path} is no repeated experiment ({error}); label again, or take it away") from None


def repeated_answers(replicates: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return ``draw, context, perturbation, gene, label, score``: how the repetition answers a question.

    ``de`` asks for all pairs and is answered by -log10 of the p-value, ``dir`` for those that change and is
    answered by the fold change.
    """
    positive = pl.col("label") == "up" if question == "dir" else pl.col("label") != "none"
    score = pl.col("log2_fold_change") if question == "dir" else significance("p_value")
    asked = replicates.filter(pl.col("label") != "none") if question == "dir" else replicates
    answered = asked.with_columns(positive.cast(pl.UInt8).alias("label"), score.alias("score"))
    answered = answered.filter(pl.col("score").is_finite())
    return answered.select("draw", "context", "perturbation", "gene", "label", "score")


def significance(column: str) -> pl.Expr:
    """Return -log10 of a column of p-values."""
    return -pl.col(column).clip(lower_bound=SMALLEST).log10()
