"""Labelled results on disk, a part for each file, from which perturbations are taken in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from core_harness.data.labels.checks import Facts, check_complete, check_numbers, facts_of
from core_harness.data.labels.de_tables import Results
from core_harness.data.labels.request import LabelRequest
from core_harness.data.labels.rule import RESULTS, labelled
from core_harness.data.labels.settling import UNIT
from core_harness.data.tables.scanning import walking

_BATCH = 2_000_000
"""Rows that are brought together at a time: about half a gigabyte."""
_GROUP = 250_000
"""Rows of a group of a part: whole groups without a perturbation of the batch are not read."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The labelled results of a file, and the rows of each of its perturbations."""

    path: Path
    units: pl.DataFrame
    facts: Facts


def store(results: Results, request: LabelRequest, path: Path) -> Part:
    """Label the results of a file and write them to ``path``, row by row.

    Raises
    ------
    DataError
        The file cannot be read to its end, a number is none, or (where negatives are wanted) it does not list
        all that was tested.
    """
    frame = labelled(results.frame, request.thresholds, expressed=results.expressed)
    with walking(results.origin):
        frame.sink_parquet(path, row_group_size=_GROUP, compression="lz4")
    part = pl.scan_parquet(path, glob=False)
    check_numbers(part, results.origin)
    named = part.drop_nulls(["perturbation", "gene"])
    units = named.group_by(UNIT).agg(pl.len().alias("rows")).collect(engine="streaming").sort(UNIT)
    facts = facts_of(part, units, request.thresholds.fdr)
    if request.negatives == "check":
        check_complete(facts, results.origin)
    return Part(path=path, units=units, facts=facts)


def batches(parts: Sequence[Part]) -> Iterator[tuple[int, int, pl.DataFrame]]:
    """Yield labelled results of whole perturbations, in the order of their names, from all parts.

    Each with its number and the number of all. What a batch holds depends on the rows alone, not on their
    order.
    """
    units = pl.concat([part.units for part in parts]).group_by(UNIT).agg(pl.col("rows").sum()).sort(UNIT)
    number = (pl.col("rows").cum_sum() - pl.col("rows")) // _BATCH
    grouped = units.with_columns(number.alias("batch")).partition_by("batch", maintain_order=True)
    for at, of_batch in enumerate(grouped):
        yield at, len(grouped), _rows_of(of_batch, parts)


def _rows_of(units: pl.DataFrame, parts: Sequence[Part]) -> pl.DataFrame:
    holding = [part.path for part in parts if part.units.join(units, on=UNIT, how="semi").height]
    names = units["perturbation"]
    # a range, because that is compared with the statistics of groups of rows before they are read
    near = pl.col("perturbation").is_between(pl.lit(names.min()), pl.lit(names.max()))
    columns = [name for name in RESULTS if name not in {"p_value", "expression"}]
    return (
        pl.scan_parquet(holding, glob=False)
        .select(*columns, "label", "why")
        .filter(near & pl.col("gene").is_not_null())
        .join(units.lazy().select(UNIT), on=UNIT, how="semi")
        .collect(engine="streaming")
    )
