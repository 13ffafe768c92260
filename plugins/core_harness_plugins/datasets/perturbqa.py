"""PerturbQA: CRISPRi knockdowns in four cell lines (Wu et al., ICLR 2025)."""

from __future__ import annotations

from typing import Literal

import polars as pl

from core_harness import Agent, Question, data_folder
from core_harness.data.tables import read_rows
from core_harness.errors import MissingDataError

Line = Literal["k562", "rpe1", "hepg2", "jurkat", "k562_set"]

_CONTEXTS: dict[Line, str] = {
    "k562": "K562",
    "rpe1": "RPE1",
    "hepg2": "HepG2",
    "jurkat": "Jurkat",
    "k562_set": "K562",
}


class PerturbQA:
    """One cell line of PerturbQA, from ``perturbqa/LINE-QUESTION.csv`` in the data folder.

    Parameters
    ----------
    line
        The cell line. ``k562_set`` asks about whole gene sets: its genes are names of sets.
    question
        ``de``: is the gene differentially expressed? ``dir``: among those that are, is it up?
    """

    agent: Agent = "knockdown"
    simulated = False

    def __init__(self, *, line: Line = "k562", question: Question = "de") -> None:
        self.line = line
        self.question = question

    def rows(self) -> pl.DataFrame:
        """Return the measured pairs, checked.

        Raises :class:`~core_harness.errors.MissingDataError` where the file is not on this machine.
        """
        return self._read(self.line)

    def other_context(self, name: str) -> pl.DataFrame | None:
        """Return another cell line's rows on the same question, by the line's name or file name."""
        for line, context in _CONTEXTS.items():
            if line != "k562_set" and self.line != "k562_set" and name in {line, context}:
                return self._read(line)
        return None

    def _read(self, line: Line) -> pl.DataFrame:
        path = data_folder() / "perturbqa" / f"{line}-{self.question}.csv"
        try:
            return read_rows(path, context=_CONTEXTS[line]).rows
        except MissingDataError:
            raise MissingDataError(
                f"PerturbQA's {line}-{self.question}.csv is not on this machine (looked for {path}); "
                "`core-harness data pull perturbqa` gets it, or set CORE_HARNESS_DATA to the folder that "
                "holds perturbqa/"
            ) from None
