"""Measured pairs from a file, or from a folder of Parquet files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl

from core_harness import Agent, Naming, Question
from core_harness.data.tables import read_folder, read_replicates, read_rows
from core_harness.errors import UsageError

_CONTEXT = "unspecified"


class Table:
    """A CSV, TSV or Parquet file of measured pairs, or a folder of Parquet files.

    Its columns are ``pert`` or ``perturbation``, ``gene``, ``label``, ``split`` and perhaps ``context``,
    which is ``unspecified`` where it is left out; see :func:`core_harness.data.tables.read_rows`. Labels are
    1 and 0, or ``up``, ``down`` and ``none`` (1, -1 and 0), and then of both questions.

    Parameters
    ----------
    path
        The file, or the folder; all files ``*.parquet`` in it are read, one after the other.
    question
        What label 1 means: ``de``: the gene is differentially expressed; ``dir``: it is up. Of labels of
        three kinds, which rows are read: ``de`` all, ``dir`` those that change.
    agent
        What the perturbations are.
    context_column
        The column of contexts, if it is not called ``context``.
    split
        What is held out as test where the file has no split, e.g. ``perturbation=.25``.
    split_seed
        Seed of that draw. It is no other seed of a run: which pairs are asked should not change with it.
    names
        What genes and perturbations are called. ``approved``: by the one name of all their spellings, so that
        a perturbation in train and test under two is refused. ``written``: as in the file.
        ``mouse-as-human``: ``approved``, and mouse symbols by their human orthologs or, where no table has
        one, by the human genes of the same letters.

    Attributes
    ----------
    three_way
        Whether the file holds both questions, once it is read.
    notes
        What was left out of the file or read in another way, a line each, once it is read.
    """

    simulated = False

    def __init__(
        self,
        *,
        path: str = "",
        question: Question = "de",
        agent: Agent = "knockdown",
        context_column: str = "",
        split: str = "",
        split_seed: int = 0,
        names: Naming = "approved",
    ) -> None:
        self.path = path
        self.question = question
        self.agent = agent
        self.context_column = context_column
        self.split = split
        self.split_seed = split_seed
        self.three_way = False
        self.names = names
        self.notes: tuple[str, ...] = ()

    def rows(self) -> pl.DataFrame:
        """Return the measured pairs, checked. Raises :class:`~core_harness.errors.DataError`."""
        if not self.path:
            raise UsageError("dataset 'table' needs a file: --dataset table:PATH")
        path = Path(self.path).expanduser()
        if not path.is_dir():
            read = partial(read_rows, path, split=self.split, split_seed=self.split_seed)
        elif self.split:
            raise UsageError(f"{path} is a folder: its files need a column 'split', none is drawn for them")
        else:
            read = partial(read_folder, path)
        rows, self.notes, self.three_way = read(
            context=_CONTEXT,
            context_column=self.context_column,
            question=self.question,
            naming=self.names,
            agent=self.agent,
        )
        return rows

    def replicates(self) -> pl.DataFrame | None:
        """Return what a repeated experiment says of the pairs; None where `data label` wrote none."""
        return read_replicates(Path(self.path).expanduser())
