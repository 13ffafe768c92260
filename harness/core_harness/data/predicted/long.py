"""Tables with one score a row."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core_harness.data.predicted.columns import numbers_in, pairs_in
from core_harness.data.predicted.predictions import PREDICTED, Predictions
from core_harness.data.tables.reading import find_column, has_column
from core_harness.vocabulary import Question

SCORES = ("score", "prediction", "probability", "pred", "prob")
"""Names of the column of scores, all of which mean the same."""

SCORE_OF: dict[Question, str] = {"de": "p_de", "dir": "lfc_pred"}
"""Scores of one of the two questions, as PIE names them: is the gene moved, and by how much, on log scale?"""


def read_long(table: pl.DataFrame, queries: pl.DataFrame, question: Question, path: Path) -> Predictions:
    """Return the predictions of a table with the pair of a row and one of :data:`SCORES`.

    Without such a column, the one of :data:`SCORE_OF` for the question counts.
    """
    plain = any(has_column(table, name) for name in SCORES)
    of_question = not plain and has_column(table, SCORE_OF[question])
    pairs = pairs_in(table, queries, path)
    column = find_column(table, *((SCORE_OF[question],) if of_question else SCORES), path=path)
    frame = pairs.with_columns(numbers_in(table, column, path).alias("score")).select(*PREDICTED)
    said = f"a table with one score a row, in column {column!r}"
    return Predictions(frame=frame, rows=frame.height, format="long", said=said)
