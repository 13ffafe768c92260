"""Predictions of any program, read as scores of the pairs that a dataset asks about.

A module a format: ``long`` (one score a row), ``up_down``, ``wide`` (matrices), ``pie`` (lists along a gene
axis), ``de_table`` (tests of predicted cells). ``reading`` recognises which of them a file has; ``objects``
turns JSON and pickles into tables.
"""

from __future__ import annotations

from core_harness.data.predicted.predictions import PREDICTED, Predictions
from core_harness.data.predicted.reading import read_predictions

__all__ = ["PREDICTED", "Predictions", "read_predictions"]
