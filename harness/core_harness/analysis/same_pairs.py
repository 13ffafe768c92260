"""Paired means: the same pairs, the same labels, the same question, answered by all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from core_harness.analysis.rescore import Scored
from core_harness.errors import RunError
from core_harness.metrics import checked
from core_harness.schemas import Task

_PAIR = ["context", "perturbation", "gene"]


def what_was_asked(task: Task) -> dict[str, Any]:
    """Return what a figure is of: dataset, question, regime, and whether the data were generated."""
    asked = asdict(task)
    del asked["agent"], asked["seed"]
    asked["task"] = asked.pop("question")
    return asked


def refuse_other_questions(first: Scored, other: Scored) -> None:
    """Refuse two runs whose figures would not be of the same thing.

    Raises :class:`~core_harness.errors.RunError` where question or regime differ, or where the pairs or
    their labels do, with the number of those that do.
    """
    names = f"{first.run.name} and {other.run.name}"
    one, two = what_was_asked(first.task), what_was_asked(other.task)
    for key in ("task", "regime", "support_contexts", "gene_holdout"):
        if one[key] != two[key]:
            declare = (
                "" if "undeclared" not in {one[key], two[key]} else "; `score --trained-on` declares one"
            )
            raise RunError(
                f"{names} cannot be compared: {key} {one[key]!r} and {two[key]!r} are different questions"
                f"{declare}"
            )
    here, there = first.repeats[0], other.repeats[0]
    only_here = here.join(there, on=_PAIR, how="anti").height
    only_there = there.join(here, on=_PAIR, how="anti").height
    both = here.join(there, on=_PAIR)
    relabelled = both.filter(pl.col("label") != pl.col("label_right")).height
    if only_here or only_there or relabelled:
        raise RunError(
            f"{names} were not asked the same pairs: {both.height:,} in both, {only_here:,} only in the "
            f"first, {only_there:,} only in the second, {relabelled:,} with another label; compare runs on "
            "one dataset and one part of it"
        )


def as_answered(scored: Sequence[Scored]) -> list[list[pl.DataFrame]]:
    """Return each run's :func:`~core_harness.metrics.checked` rows."""
    return [[checked(frame) for frame in run.repeats] for run in scored]


def answered_by_all(scored: Sequence[Scored]) -> list[list[pl.DataFrame]]:
    """Return each run's :func:`~core_harness.metrics.checked` rows, without scores that not all runs have.

    No row is left out, so that the clusters of all runs stay the same.
    """
    unanswered = pl.concat(
        frame.filter(pl.col("score").is_null()).select(_PAIR) for run in scored for frame in run.repeats
    ).unique()
    return [[_without(frame, unanswered) for frame in run.repeats] for run in scored]


def _without(frame: pl.DataFrame, unanswered: pl.DataFrame) -> pl.DataFrame:
    left_out = unanswered.with_columns(pl.lit(True).alias("left_out"))
    marked = frame.join(left_out, on=_PAIR, how="left")
    return checked(marked.with_columns(pl.when(pl.col("left_out").is_null()).then("score").alias("score")))
