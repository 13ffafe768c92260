"""``Predictions``: what every format is read as."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core_harness.schemas import Schema
from core_harness.vocabulary import PredictedFormat

PREDICTED: Schema = {
    "row": pl.UInt32,
    "context": pl.String,
    "perturbation": pl.String,
    "gene": pl.String,
    "score": pl.Float64,
}
"""One prediction of a file a row; ``context`` is null where the file has no such column."""


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """The predictions of a file.

    Attributes
    ----------
    frame
        :data:`PREDICTED` in the order of the file: all of its predictions, or those about pairs that are
        asked, in any case of letters. A score is null where the file has none (empty, ``NA``, ``null``), and
        NaN or infinite where the file says so.
    rows
        How many predictions the file has.
    format
        What was recognised.
    said
        The same in words.
    """

    frame: pl.DataFrame
    rows: int
    format: PredictedFormat
    said: str
