"""Measured pairs from a file."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core_harness import Agent, Question
from core_harness.data.tables import read_rows
from core_harness.errors import UsageError

_CONTEXT = "unspecified"


class Table:
    """A CSV, TSV or Parquet file of measured pairs.

    Its columns are ``pert`` or ``perturbation``, ``gene``, ``label``, ``split`` and perhaps ``context``,
    which is ``unspecified`` where it is left out; see :func:`core_harness.data.tables.read_rows`.

    Parameters
    ----------
    path
        The file.
    question
        What label 1 means: ``de``: the gene is differentially expressed; ``dir``: it is up.
    agent
        What the perturbations are.
    """

    simulated = False

    def __init__(self, *, path: str = "", question: Question = "de", agent: Agent = "knockdown") -> None:
        self.path = path
        self.question = question
        self.agent = agent

    def rows(self) -> pl.DataFrame:
        """Return the measured pairs, checked. Raises :class:`~core_harness.errors.DataError`."""
        if not self.path:
            raise UsageError("dataset 'table' needs a file: --dataset table:PATH")
        return read_rows(Path(self.path).expanduser(), context=_CONTEXT)
