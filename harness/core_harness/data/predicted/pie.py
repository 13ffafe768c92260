"""PIE's Parquet files: one row a perturbation, with a list of scores along a gene axis.

Columns ``dataset``, ``context``, ``perturbation``, and lists ``p_de``, ``lfc_pred``, ``delta_p_pred``. The
gene axis of each dataset is in the metadata of the file's schema: key ``pie``, ``{"format_version": 1,
"genes": {dataset: [...]}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from core_harness.data.predicted.columns import asked_as
from core_harness.data.predicted.long import SCORE_OF
from core_harness.data.predicted.predictions import PREDICTED, Predictions
from core_harness.data.tables.reading import shown
from core_harness.errors import DataError
from core_harness.vocabulary import Question

_KEY = "pie"
_VERSION = 1
_ROW = ("dataset", "context", "perturbation")


def is_pie(path: Path) -> bool:
    """Return whether a file is Parquet with a gene axis in its metadata. Any other file is not."""
    try:
        return path.suffix.lower() == ".parquet" and _KEY in pl.read_parquet_metadata(path)
    except (OSError, pl.exceptions.PolarsError):
        return False  # whoever reads it as a table says what is wrong


def read_pie(path: Path, queries: pl.DataFrame, question: Question) -> Predictions:
    """Return those predictions of PIE that are about asked pairs, in any spelling.

    The score is ``p_de`` for the question de, ``lfc_pred`` for dir. Of each list only the places of asked
    genes are looked up, so memory is that of one column of the file and of what is asked.

    Raises
    ------
    DataError
        The metadata hold no gene axis of version 1, a column is missing or of another type, a row's dataset
        has no axis, or a list is not as long as its axis.
    """
    axes = _axes_of(path)
    column = SCORE_OF[question]
    table = _rows_of(path, column)
    _check_lengths(table, column, axes, path)
    lengths = {name: len(genes) for name, genes in axes.items()}
    sizes = table["dataset"].replace_strict(lengths, return_dtype=pl.Int64)
    called = asked_as(table["perturbation"].unique(), queries, "perturbation")
    context = pl.col("context").str.to_lowercase().alias("of_context")
    asked = queries.select(
        context, pl.col("perturbation").alias("of_perturbation"), pl.col("gene").alias("of_gene")
    )
    found = table.with_columns(context, _called("perturbation", called)).join(
        _places(axes, asked, queries),
        on=["dataset", "of_context", "of_perturbation"],
        maintain_order="left",
    )
    if found.is_empty():
        first = table.row(0, named=True)
        raise DataError(
            f"{path}: none of the {table.height:,} rows is about a test perturbation of the dataset; the "
            f"first is {first['perturbation']} in {first['context']}"
        )
    frame = (
        found.with_columns(pl.col(column).list.gather(pl.col("place")).alias("score"))
        .select("row", "context", "perturbation", "gene", "score")
        .explode("gene", "score")
        .with_columns(pl.col("score").cast(pl.Float64))
    )
    genes = " or ".join(f"{size:,}" for size in sorted(set(sizes)))
    said = (
        f"PIE's predictions, {table.height:,} rows of lists along {genes} genes, of which {column!r} counts"
    )
    return Predictions(frame=frame.select(*PREDICTED), rows=int(sizes.sum()), format="pie", said=said)


def _called(column: str, names: Mapping[str, str]) -> pl.Expr:
    """Return what the dataset calls each name, null for what is not asked."""
    return pl.col(column).replace_strict(names, default=None, return_dtype=pl.String).alias(f"of_{column}")


def _places(axes: dict[str, list[str]], asked: pl.DataFrame, queries: pl.DataFrame) -> pl.DataFrame:
    """Return ``dataset, of_context, of_perturbation`` with the asked genes of an axis, and their places.

    ``place`` and ``gene`` are lists of the same length, in the order of the axis.
    """
    axis = pl.concat(
        pl.DataFrame({"gene": genes}, schema={"gene": pl.String})
        .with_row_index("place")
        .with_columns(pl.lit(name).alias("dataset"), _called("gene", asked_as(genes, queries, "gene")))
        for name, genes in axes.items()
    )
    of_row = ["dataset", "of_context", "of_perturbation"]
    return asked.join(axis, on="of_gene").group_by(of_row).agg(pl.col("place", "gene").sort_by("place"))


def _axes_of(path: Path) -> dict[str, list[str]]:
    try:
        said = pl.read_parquet_metadata(path).get(_KEY)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path} is not a whole Parquet file ({error}); get it again") from None
    if said is None:
        raise DataError(f"{path} has no gene axis in its metadata (key {_KEY!r}); write it as PIE does")
    try:
        content = json.loads(said)
    except ValueError as error:
        raise DataError(f"{path}: the metadata {_KEY!r} are not JSON ({error})") from None
    version = content.get("format_version") if isinstance(content, dict) else None
    if version != _VERSION:
        raise DataError(f"{path}: version {shown(version)} of PIE's format; {_VERSION} is what is read here")
    genes = content.get("genes")
    if not isinstance(genes, dict) or not genes or not all(map(_is_axis, genes.values())):
        raise DataError(f"{path}: 'genes' in the metadata {_KEY!r} is not a list of names for each dataset")
    return genes


def _is_axis(genes: object) -> bool:
    return isinstance(genes, list) and all(isinstance(gene, str) for gene in genes)


def _rows_of(path: Path, column: str) -> pl.DataFrame:
    """Return the rows that have a list in a column, the list of 32-bit floats."""
    lists = pl.List(pl.Float32)
    try:
        schema = pl.read_parquet_schema(path)
        missing = [name for name in (*_ROW, column) if name not in schema]
        if missing:
            raise DataError(f"{path}: no column {missing[0]!r} (columns: {', '.join(schema)})")
        table = pl.read_parquet(path, columns=[*_ROW, column]).with_row_index("row", offset=1)
        table = table.with_columns(
            pl.col(*_ROW).cast(pl.String).str.strip_chars(), pl.col(column).cast(lists)
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path} cannot be read as PIE's Parquet ({error}); get it again") from None
    for name in _ROW:
        empty = table.filter(pl.col(name).is_null() | (pl.col(name) == ""))
        if empty.height:
            raise DataError(f"{path}, row {empty['row'][0]}: no {name}; fill it in, or take the row out")
    return table.drop_nulls(column)


def _check_lengths(table: pl.DataFrame, column: str, axes: Mapping[str, Sequence[str]], path: Path) -> None:
    lengths = {name: len(genes) for name, genes in axes.items()}
    size = pl.col("dataset").replace_strict(lengths, default=None, return_dtype=pl.Int64)
    wrong = table.select("row", "dataset", pl.col(column).list.len().alias("length"), size.alias("size"))
    wrong = wrong.filter(pl.col("size").is_null() | (pl.col("size") != pl.col("length")))
    if wrong.is_empty():
        return
    row, dataset, length, wanted = wrong.row(0)
    axis = "has no gene axis" if wanted is None else f"has a gene axis of {wanted:,}"
    raise DataError(
        f"{path}, row {row}: {length:,} values of {column!r}, but dataset {shown(dataset)} {axis}"
    )
