"""Tables that say of each pair how probable it is that the gene goes up, and that it goes down."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core_harness.data.predicted.columns import numbers_in, pairs_in
from core_harness.data.predicted.predictions import PREDICTED, Predictions
from core_harness.data.tables.reading import find_column, has_column
from core_harness.vocabulary import Question

_UP = ("p_up", "prediction_up")
_DOWN = ("p_down", "prediction_down")


def has_up_and_down(table: pl.DataFrame) -> bool:
    """Return whether a table has both columns."""
    return all(any(has_column(table, name) for name in names) for names in (_UP, _DOWN))


def scores_of(up: pl.Series, down: pl.Series, question: Question) -> pl.Series:
    """Return what the two probabilities say to a question.

    ``de`` is ``up + down``, ``dir`` is ``up / (up + down)``. Where that is 0 / 0 the denominator counts as 1,
    as in the BioReasoning challenge, so the score is 0.
    """
    both = up + down
    return both if question == "de" else up / both.set(both == 0, 1.0)


def read_up_down(table: pl.DataFrame, queries: pl.DataFrame, question: Question, path: Path) -> Predictions:
    """Return the predictions of a table with the probabilities of up and of down.

    They are called ``p_up`` and ``p_down``, or ``prediction_up`` and ``prediction_down``. The question
    decides which score is made of them (:func:`scores_of`).
    """
    pairs = pairs_in(table, queries, path)
    columns = find_column(table, *_UP, path=path), find_column(table, *_DOWN, path=path)
    up, down = (numbers_in(table, column, path) for column in columns)
    frame = pairs.with_columns(scores_of(up, down, question).alias("score")).select(*PREDICTED)
    formula = "up + down" if question == "de" else "up / (up + down)"
    said = f"a table with {columns[0]!r} and {columns[1]!r}, read as {formula}"
    neither = int((up + down == 0).sum())
    if question == "dir" and neither:
        said += f"; in {neither:,} rows both are 0, and the score is 0"
    return Predictions(frame=frame, rows=frame.height, format="up-down", said=said)
