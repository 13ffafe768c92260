"""From labelled results of files to the rows of a table: settled in batches, drawn, and split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from core_harness.data.held_out import parse_held_out, split_of
from core_harness.data.labels import sampling
from core_harness.data.labels.manifest import Counts
from core_harness.data.labels.parts import Part, batches
from core_harness.data.labels.request import LabelRequest
from core_harness.data.labels.settling import PAIR, UNIT, settle
from core_harness.errors import DataError

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_REPEATED = 0.05
"""Share of pairs with several results from which on these are of several contexts, not of a few doubled
names."""


@dataclass(frozen=True, kw_only=True)
class Assembled:
    """The rows of a table, sorted and lazily, and what became of the others.

    Attributes
    ----------
    rows
        ``context, perturbation, gene, label, cells, knockdown``, ``split`` where one is asked for.
    ambiguous, left_out
        Rows that are not in it, by reason.
    """

    rows: pl.LazyFrame
    ambiguous: Counter[str]
    left_out: Counter[str]


def assemble(parts: Sequence[Part], request: LabelRequest, scratch: Path, tell: Tell) -> Assembled:
    """Return the rows that a request makes of labelled results; ``scratch`` is a folder for them.

    Raises
    ------
    DataError
        Pairs have several different results, or there is no row of a label that is needed.
    UsageError
        There are too few rows to draw, or too few names to split.
    """
    settled = _settled(parts, request, scratch, tell)
    drawn = _drawn(settled, request) if request.samples else settled
    return _split(drawn, request) if request.split else drawn


def counts_of(made: Assembled) -> Counts:
    """Return how many rows there are of each kind, and how many of what was left out."""
    split = ["split"] if "split" in made.rows.collect_schema() else []
    by_kind = made.rows.group_by("label", *split).len().collect(engine="streaming")
    labels = dict(by_kind.group_by("label").agg(pl.col("len").sum()).sort("label").iter_rows())
    splits = (
        dict(by_kind.group_by("split").agg(pl.col("len").sum()).sort("split").iter_rows()) if split else {}
    )
    names = {name: _names(made.rows, name) for name in PAIR}
    return Counts(
        labels=labels,
        splits=splits,
        ambiguous={why: number for why, number in sorted(made.ambiguous.items()) if number},
        left_out={why: number for why, number in sorted(made.left_out.items()) if number},
        contexts=len(names["context"]),
        perturbations=len(names["perturbation"]),
        genes=len(names["gene"]),
        prevalence=1 - labels.get("none", 0) / max(1, sum(labels.values())),
    )


def _settled(parts: Sequence[Part], request: LabelRequest, scratch: Path, tell: Tell) -> Assembled:
    ambiguous: Counter[str] = Counter()
    left_out = Counter(
        {
            "without a gene": sum(part.facts.without_gene for part in parts),
            "without a perturbation": sum(part.facts.without_perturbation for part in parts),
        }
    )
    listed = differing = 0
    files = []
    draws = np.random.default_rng([request.seed, 11])
    for at, number, results in batches(parts):
        tell("labelling", at, number)
        settled = settle(results)
        ambiguous += settled.ambiguous
        left_out += settled.left_out
        listed += settled.listed
        differing += settled.differing
        rows = settled.rows
        if request.negatives == "leave-out":
            left_out["none"] += rows.filter(pl.col("label") == "none").height
            rows = rows.filter(pl.col("label") != "none")
        rows = sampling.with_ranks(rows, draws) if request.samples else rows
        files.append(scratch / f"settled-{at}.parquet")
        rows.write_parquet(files[-1])
    if differing > _REPEATED * listed:
        raise DataError(
            f"{differing:,} rows give another result for a pair that has one already ({listed:,} pairs): "
            "are they of several contexts? say --context-column, or --from-path '{context}/{perturbation}'"
        )
    ambiguous["absent"] = _possible(parts) - listed
    made = Assembled(rows=pl.scan_parquet(files, glob=False), ambiguous=ambiguous, left_out=left_out)
    _check_both_sides(made, request)
    return made


def _possible(parts: Sequence[Part]) -> int:
    """Return how many pairs there are of a perturbation and a gene of its context."""
    rows = pl.scan_parquet([part.path for part in parts], glob=False).drop_nulls(["perturbation", "gene"])
    genes = rows.group_by("context").agg(pl.col("gene").n_unique()).collect(engine="streaming")
    units = pl.concat([part.units for part in parts]).select(UNIT).unique()
    return int(units.join(genes, on="context")["gene"].cast(pl.Int64).sum())


def _check_both_sides(made: Assembled, request: LabelRequest) -> None:
    there = set(made.rows.select(pl.col("label").unique()).collect(engine="streaming")["label"])
    rule = ", ".join(f"{name} {value:g}" for name, value in request.thresholds if value is not None)
    if not there & {"up", "down"}:
        raise DataError(
            f"no gene changes by these thresholds ({rule}); --preset simple asks for an FDR alone"
        )
    if "none" not in there and request.negatives != "leave-out":
        raise DataError(
            f"no row is a negative by these thresholds ({rule}); --preset simple asks for an FDR alone"
        )


def _drawn(made: Assembled, request: LabelRequest) -> Assembled:
    none = pl.col("label") == "none"
    units = (
        made.rows.group_by(UNIT)
        .agg((~none).sum().alias("changed"), none.sum().alias("none"))
        .collect(engine="streaming")
    )
    kept = sampling.quotas(units, prevalence=request.prevalence, rows=request.rows)
    asked = pl.when(none).then("keep_none").otherwise("keep_changed")
    rows = made.rows.join(kept.lazy(), on=UNIT, how="inner", maintain_order="left").filter(
        pl.col("rank") <= asked
    )
    left_out = made.left_out + Counter(
        {
            "none, not drawn": int(units["none"].sum()) - int(kept["keep_none"].sum()),
            "changed, not drawn": int(units["changed"].sum()) - int(kept["keep_changed"].sum()),
        }
    )
    return replace(made, rows=rows, left_out=left_out)


def _split(made: Assembled, request: LabelRequest) -> Assembled:
    asked = parse_held_out(request.split)
    held = asked.draw({axis: _names(made.rows, axis) for axis in asked.axes}, seed=request.seed)
    rows = made.rows.with_columns(split_of(held))
    neither = rows.select(pl.col("split").null_count()).collect(engine="streaming").item()
    left_out = made.left_out + Counter({"in neither split": neither})
    return replace(made, rows=rows.filter(pl.col("split").is_not_null()), left_out=left_out)


def _names(rows: pl.LazyFrame, column: str) -> list[str]:
    return rows.select(pl.col(column).unique()).collect(engine="streaming")[column].to_list()
