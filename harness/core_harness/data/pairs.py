"""Pairs to predict: of a table without labels, or all genes of a dataset under some perturbations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from core_harness.data.predicted.columns import pairs_in
from core_harness.data.tables.identifiers import called, match_names
from core_harness.data.tables.reading import find_column, has_column, read_table, without_blank_rows
from core_harness.errors import UsageError, unknown
from core_harness.schemas import PAIRS
from core_harness.vocabulary import Agent, Naming

_PAIR = ["context", "perturbation", "gene"]
_ID = pl.format("{}_{}", "perturbation", "gene").alias("id")


class Wanted(NamedTuple):
    """Pairs to predict.

    Attributes
    ----------
    pairs
        Frame of :data:`~core_harness.schemas.PAIRS`, each pair once.
    written
        ``id, perturbation, gene`` as they were asked for, a row a row; ``id`` is that of the file, else
        ``{perturbation}_{gene}`` as written, the names are those of the data.
    notes
        What was left out or is odd, a line each.
    """

    pairs: pl.DataFrame
    written: pl.DataFrame
    notes: tuple[str, ...]


def naming_of(dataset: object) -> Naming | None:
    """Return how a dataset brings names together; None where it leaves them as they are."""
    return getattr(dataset, "names", None)


def read_pairs(path: Path, rows: pl.DataFrame, *, agent: Agent, naming: Naming | None = None) -> Wanted:
    """Return the pairs of a table, each once, under the names that the data have for the same genes.

    Parameters
    ----------
    path
        A table with ``perturbation`` or ``pert`` and ``gene``, or ``id`` (``{perturbation}_{gene}``), and
        perhaps ``context``. Other columns, a label among them, are not read.
    rows
        The measured pairs, :data:`~core_harness.schemas.ROWS`, which say what contexts and names there are.
    agent, naming
        What perturbations are (names of drugs are left alone), and how the data bring names together
        (:func:`naming_of`), for names that the data do not have.

    Raises
    ------
    DataError
        The file is no such table.
    UsageError
        The file names no context where the data have several, or another one.
    """
    table, _ = without_blank_rows(read_table(path))
    pairs = pairs_in(table, rows, path)
    contexts = rows["context"].unique().sort().to_list()
    if pairs["context"].null_count() and len(contexts) > 1:
        raise UsageError(f"{path} has no column 'context', and the data have several ({', '.join(contexts)})")
    pairs = pairs.with_columns(pl.col("context").fill_null(contexts[0]), _ID)
    if has_column(table, "id"):
        pairs = pairs.with_columns(table[find_column(table, "id", path=path)].cast(pl.String).alias("id"))
    return _checked(pairs if naming is None else called(pairs, agent=agent, naming=naming), rows, agent)


def all_genes(
    perturbations: Sequence[str], rows: pl.DataFrame, *, agent: Agent, context: str | None = None
) -> Wanted:
    """Return all pairs of some perturbations with the genes that were measured in a context, or in each.

    Raises :class:`~core_harness.errors.UsageError` for a context that the data do not have.
    """
    genes = rows.select("context", "gene").unique()
    if context is not None:
        genes = genes.filter(pl.col("context") == _known(context, rows))
    names = pl.DataFrame({"perturbation": list(perturbations)}, schema={"perturbation": pl.String})
    return _checked(names.join(genes, how="cross").with_columns(_ID), rows, agent)


def _checked(pairs: pl.DataFrame, rows: pl.DataFrame, agent: Agent) -> Wanted:
    pairs, matched = match_names(pairs, rows, agent=agent)
    for context in pairs["context"].unique().sort():
        _known(context, rows)
    kept = pairs.select(_PAIR).unique().filter(pl.col("perturbation") != pl.col("gene")).sort(_PAIR)
    if kept.is_empty():
        raise UsageError("nothing to predict: all pairs are of a gene with itself")
    own = pairs.filter(pl.col("perturbation") == pl.col("gene")).select(_PAIR).unique().height
    new = kept.join(rows, on=["context", "gene"], how="anti")
    notes = [*matched]
    if own:
        notes.append(f"{own:,} {'pair' if own == 1 else 'pairs'} of a gene with itself left out")
    if new.height:
        genes = new["gene"].unique().sort()
        notes.append(
            f"nothing speaks about {new.height:,} of the pairs: their genes were never measured there, "
            f"e.g. {genes[0]} ({len(genes):,} in all)"
        )
    written = pairs.select("id", "perturbation", "gene")
    return Wanted(kept.with_row_index("pair_id").select(*PAIRS), written, tuple(notes))


def _known(context: str, rows: pl.DataFrame) -> str:
    contexts = rows["context"].unique().to_list()
    if context not in contexts:
        raise UsageError(unknown("context", context, contexts))
    return context
