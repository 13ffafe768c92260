"""Predicted cells: compared with their controls here, or by a tool that wrote a table of the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from core_harness.data.labels.cells.results import results_of_cells
from core_harness.data.labels.de_tables import Results, scan_results, wrong_numbers
from core_harness.data.labels.request import LabelRequest
from core_harness.data.labels.tools import TOOLS, recognise
from core_harness.data.predicted.columns import Axis, asked_as
from core_harness.data.predicted.long import SCORES
from core_harness.data.predicted.predictions import PREDICTED, Predictions
from core_harness.data.tables.replicates import significance
from core_harness.data.tables.scanning import scan_table, walking
from core_harness.errors import DataError
from core_harness.vocabulary import Question

_KEY: Mapping[Axis, str] = {"perturbation": "of_perturbation", "gene": "of_gene"}


def is_de_table(path: Path) -> bool:
    """Return whether the columns of a file are those of a tool, and none of them is a score."""
    columns = _columns(path)
    plain = any(column.casefold() in SCORES for column in columns)
    return not plain and recognise(columns) is not None


def read_de_table(path: Path, queries: pl.DataFrame, question: Question) -> Predictions:
    """Return those predictions of a table of tests that are about asked pairs, in any spelling.

    For dir the score is the log fold change. For de it is the significance, -log10 of the p-value that is
    not adjusted. Adjusted ones depend on how many genes of the perturbation are significant, so that within
    a gene they rank perturbations by strength too, and most of them are 1, which ties; 1 - FDR would besides
    look like a probability, which it is not. Only a table without p-values is scored by its adjusted ones.

    Raises :class:`~core_harness.errors.DataError` where the file is no such table or a number is none.
    """
    tool = recognise(_columns(path))
    if tool is None:
        names = ", ".join(dict.fromkeys(tool.name for tool in TOOLS))
        raise DataError(f"{path} has not the columns of a table of differential expression ({names})")
    with TemporaryDirectory() as scratch, walking(path):
        # of a ratio and its logarithm the order is the same, and no more counts here
        request = LabelRequest(fold_change_space=None if tool.space else "log2")
        results = scan_results(path, request, Path(scratch))
        for fault in wrong_numbers(results.frame):
            raise DataError(f"{path}: {fault}")
        tested = "p_value" if "p_value" in results.columns else "fdr"
        frame, rows = _scored(results, queries, question, tested)
    column = results.columns["fold_change" if question == "dir" else tested]
    how = f"column {column!r}" if question == "dir" else f"-log10 of column {column!r}"
    said = f"a table of differential expression of {results.tool}, scored by {how}"
    return Predictions(frame=frame, rows=rows, format="de-table", said=said)


def read_cells(path: Path, queries: pl.DataFrame, question: Question) -> Predictions:
    """Return the predictions of predicted cells (``.h5ad``), tested as measured ones are for labels.

    Scores are those of :func:`read_de_table`. Raises as
    :func:`~core_harness.data.labels.cells.results.results_of_cells` does.
    """
    with TemporaryDirectory() as scratch:
        results = results_of_cells(path, LabelRequest(), Path(scratch), lambda *_: None)
        frame, rows = _scored(results, queries, question, "p_value")
    how = "the log fold change" if question == "dir" else "-log10 of the p-value"
    said = f"predicted cells, compared with controls as measured ones are, scored by {how}"
    return Predictions(frame=frame, rows=rows, format="cells", said=said)


def _scored(
    results: Results, queries: pl.DataFrame, question: Question, tested: str
) -> tuple[pl.DataFrame, int]:
    """Return :data:`PREDICTED` of the asked pairs among results, and how many results there are."""
    rows = int(results.frame.select(pl.len()).collect(engine="streaming").item())
    frame = _asked(results.frame, queries).collect(engine="streaming")
    score = pl.col("log2_fold_change") if question == "dir" else significance(tested)
    context = pl.col("context") if "context" in results.columns else pl.lit(None, pl.String)
    frame = frame.with_row_index("row", offset=1).with_columns(context.alias("context"), score.alias("score"))
    return frame.select(*PREDICTED), rows


def _asked(results: pl.LazyFrame, queries: pl.DataFrame) -> pl.LazyFrame:
    """Return the rows about asked pairs, whatever their context is called, under the names that they have."""
    for column, key in _KEY.items():
        written = results.select(pl.col(column).drop_nulls().unique()).collect(engine="streaming")
        called = asked_as(written[column], queries, column)
        results = results.with_columns(
            pl.col(column).replace_strict(called, default=None, return_dtype=pl.String).alias(key)
        )
    asked = queries.select(pl.col(column).alias(key) for column, key in _KEY.items()).unique()
    return results.join(asked.lazy(), on=list(_KEY.values()), how="semi", maintain_order="left")


def _columns(path: Path) -> Sequence[str]:
    """Return the columns of a table; none for a file that is none, of which its reader says what is wrong."""
    with suppress(DataError), TemporaryDirectory() as scratch:
        return scan_table(path, Path(scratch)).first.columns
    return []
