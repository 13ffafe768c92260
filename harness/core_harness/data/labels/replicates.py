"""A repeated experiment beside labels: halves of the cells that repeat each other, or another screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from core_harness.data.labels.cells.halves import Half
from core_harness.data.labels.cells.results import ENDING, results_of_cells
from core_harness.data.labels.de_tables import UNSPECIFIED, scan_results
from core_harness.data.labels.manifest import Repeated
from core_harness.data.labels.request import LabelRequest
from core_harness.data.labels.rule import labelled
from core_harness.data.labels.settling import PAIR
from core_harness.data.sources.manifest import sha256
from core_harness.data.tables.identifiers import match_names
from core_harness.data.tables.replicates import REPLICATES
from core_harness.errors import DataError, UsageError

DRAWS = 5
"""Ways in which cells are divided: how one division fell should not decide a figure."""

Tell = Callable[[str, int, int], None]


def write_replicates(
    rows: pl.LazyFrame,
    place: Path,
    request: LabelRequest,
    *,
    paths: Sequence[Path],
    others: Sequence[Path],
    tell: Tell,
) -> Repeated | None:
    """Write what repeats the experiment to ``place``, and say what it is; None where nothing does.

    Parameters
    ----------
    rows
        The rows of the table. Where it has a split, test rows alone are kept.
    place
        In a folder for results next to the table.
    request
        How the table was made.
    paths, others
        Files that the table was made of, and files of another screen.

    Raises
    ------
    UsageError
        The files have no cells to divide.
    DataError
        No pair of the table is tested by the repetition.
    """
    if not (others or request.cells.replicates):
        return None
    if "split" in rows.collect_schema():
        rows = rows.filter(pl.col("split") == "test")
    asked = rows.select(*PAIR, "label").collect(engine="streaming")
    made = _of_other_screens if others else _of_halves
    frames = list(made(asked, others or paths, request, place.parent, tell))
    found = pl.concat(frames).select(*REPLICATES).sort("draw", *PAIR)
    if found.is_empty():
        raise DataError(
            "the repeated experiment tests no pair of the table; have both the same contexts and names?"
        )
    found.write_parquet(place)
    return Repeated(
        by="another screen" if others else f"halves of the {_divided(request)}",
        draws=len(frames),
        asked=asked.height,
        pairs=found.height // len(frames),
        files={os.path.relpath(path, place.parent.parent): sha256(path) for path in others},
        sha256=sha256(place),
    )


def _of_halves(
    asked: pl.DataFrame, paths: Sequence[Path], request: LabelRequest, scratch: Path, tell: Tell
) -> Iterator[pl.DataFrame]:
    """Yield each draw: labels of the first half, tests of the second."""
    by = request.cells.replicates
    if by is None or any(path.suffix.lower() != ENDING for path in paths):
        raise UsageError(
            "--replicates divides cells, and a table of results has none; --replicate FILE names another "
            "screen"
        )
    for draw in range(DRAWS):
        tell("repeating the experiment", draw, DRAWS)
        first, second = (
            _tested(paths, request, scratch / f"half-{draw}-{side}", tell, half)
            for side, half in enumerate(
                Half(by=by, seed=request.seed, draw=draw, first=first) for first in (True, False)
            )
        )
        clear = first.filter(pl.col("label") != "ambiguous").select(*PAIR, pl.col("label").cast(pl.String))
        pairs = asked.select(PAIR).join(clear, on=PAIR).join(second.drop("label"), on=PAIR)
        yield pairs.with_columns(pl.lit(f"halves of the {_divided(request)}, draw {draw + 1}").alias("draw"))


def _of_other_screens(
    asked: pl.DataFrame, others: Sequence[Path], request: LabelRequest, scratch: Path, tell: Tell
) -> Iterator[pl.DataFrame]:
    """Yield one draw: the labels of the table, tests of the other screen, under the table's names."""
    tell("reading the other screen", 0, 1)
    tested = _tested(others, request, scratch / "other", tell, None)
    contexts = asked["context"].unique().to_list()
    if len(contexts) == 1:  # of files that name none
        tested = tested.with_columns(pl.col("context").replace({UNSPECIFIED: contexts[0]}))
    tested, _ = match_names(tested, asked, agent="knockdown")
    once = tested.group_by(PAIR).agg(pl.col("p_value", "log2_fold_change").mean())
    yield asked.join(once, on=PAIR).with_columns(pl.lit("another screen").alias("draw"))


def _tested(
    paths: Sequence[Path], request: LabelRequest, scratch: Path, tell: Tell, half: Half | None
) -> pl.DataFrame:
    """Return ``context, perturbation, gene, label, p_value, log2_fold_change`` of what was tested."""
    frames = []
    for number, path in enumerate(paths):
        folder = scratch / str(number)
        folder.mkdir(parents=True)
        if path.suffix.lower() == ENDING:
            results = results_of_cells(path, request, folder, tell, half)
        else:
            results = scan_results(path, request, folder)
        rows = labelled(results.frame, request.thresholds, expressed=results.expressed)
        figures = pl.coalesce("p_value", "fdr").alias("p_value"), "log2_fold_change"
        frames.append(rows.select(*PAIR, "label", *figures).collect(engine="streaming"))
    return pl.concat(frames).drop_nulls([*PAIR, "p_value"])


def _divided(request: LabelRequest) -> str:
    return "batches" if request.cells.replicates == "batch" else "cells"
