"""``read_predictions()``: which format a file has, and what it predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from core_harness.data.labels.cells.results import ENDING
from core_harness.data.predicted.columns import has_pairs
from core_harness.data.predicted.de_table import is_de_table, read_cells, read_de_table
from core_harness.data.predicted.long import read_long
from core_harness.data.predicted.objects import read_file
from core_harness.data.predicted.pie import is_pie, read_pie
from core_harness.data.predicted.predictions import Predictions
from core_harness.data.predicted.up_down import has_up_and_down, read_up_down
from core_harness.data.predicted.wide import is_matrix, read_wide
from core_harness.data.tables.reading import without_blank_rows
from core_harness.vocabulary import PredictedFormat, Question

_READERS: Mapping[PredictedFormat, Callable[[pl.DataFrame, pl.DataFrame, Question, Path], Predictions]] = {
    "long": read_long,
    "up-down": read_up_down,
    "wide": read_wide,
}


def read_predictions(
    path: Path, *, queries: pl.DataFrame, question: Question, form: PredictedFormat | None = None
) -> Predictions:
    """Return the predictions of a file, unchanged.

    Parameters
    ----------
    path
        A table with a score a row, with ``p_up`` and ``p_down``, with a matrix, or of differential
        expression; PIE's Parquet; AnnData of predicted cells and controls; JSON, or a pickle of PerturbQA's
        published results (:func:`~core_harness.data.predicted.objects.read_file`). Headers may be in any
        case, decimals may have a comma, blank rows are left out.
    queries
        Frame of :data:`~core_harness.schemas.PAIRS`: what is asked, whose names say what is what in a file.
    question
        To which of several scores of a pair the question is.
    form
        The format, which is else recognised.

    Raises
    ------
    DataError
        The file is not of such a form, or a name is missing, or a score is neither a number nor missing.
    """
    if form == "cells" or (form is None and path.suffix.lower() == ENDING):
        return read_cells(path, queries, question)
    if form == "pie" or (form is None and is_pie(path)):
        return read_pie(path, queries, question)
    if form == "de-table" or (form is None and is_de_table(path)):
        return read_de_table(path, queries, question)
    table, _ = without_blank_rows(read_file(path, question))
    return _READERS[form or _recognised(table, queries)](table, queries, question, path)


def _recognised(table: pl.DataFrame, queries: pl.DataFrame) -> PredictedFormat:
    """Return the format of a table, by its columns."""
    if has_up_and_down(table):
        return "up-down"
    return "wide" if not has_pairs(table) and is_matrix(table, queries) else "long"
