"""Checks of retrievers, organizers and aggregators: what they return in made worlds."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import replace

import polars as pl

from core_harness.data import splits
from core_harness.testing.contract import worlds
from core_harness.testing.contract.handled import HANDLED
from core_harness.testing.contract.plain import UnrelatedRetriever, method_with
from core_harness.testing.contract.running import about, empty, predictions_about, returned, suited
from core_harness.testing.contract.subject import Check, Fault, Skip, Subject
from core_harness.testing.contract.worlds import world

_ABSURD_SECONDS = 600
_ABSURD_BYTES = 16 << 30
"""More than a laptop has, for what the slowest built-in component does in seconds and in a few hundred MB."""


def usual_worlds(subject: Subject) -> str:
    """Run in each usual world; one that the component says it is not for does not count."""
    refused = []
    for made in worlds.usual():
        try:
            returned(subject.fresh(), made)
        except Skip as skip:
            refused.append(str(skip))
    if len(refused) == len(worlds.usual()):
        raise Fault(f"it can be used in none of the worlds; {refused[0]}")
    return "; ".join(refused)


def one_class(subject: Subject) -> None:
    """Run where all that was measured did not change, or did."""
    for label in (0, 1):
        returned(subject.fresh(), suited(subject).labelled(label))


def no_relations(subject: Subject) -> None:
    """Run where nothing is related to anything."""
    if subject.stage == "retriever":
        raise Skip("a retriever says itself what is related")
    returned(subject.fresh(), suited(subject), {"retriever": UnrelatedRetriever()})


def one_row(subject: Subject) -> None:
    """Ask about one pair, with one measured row."""
    for support in (1, None):
        _about_first(subject, pairs=1, support=support)


def no_pairs(subject: Subject) -> None:
    """Ask about nothing."""
    _about_first(subject, pairs=0)


def not_from_itself(subject: Subject) -> None:
    """Ask about perturbations that have rows in the support, and look for evidence from them."""
    if subject.stage == "aggregator":
        raise Skip("an aggregator returns no evidence")
    made = worlds.divided_by_pair()
    owners = made.split.queries.select("pair_id", "perturbation", pl.col("context").alias("own"))
    for frame in returned(subject.fresh(), made):
        if {"pair_id", "neighbour", "context"} <= set(frame.columns):
            own = frame.join(owners, on="pair_id").filter(
                pl.col("neighbour") == pl.col("perturbation"), pl.col("context") == pl.col("own")
            )
            if own.height:
                raise Fault(f"{own['perturbation'][0]} is evidence about itself, in its own context")


def hostile_names(subject: Subject) -> None:
    """Run with names that break what splits or formats them."""
    made = worlds.hostile()
    task = suited(subject).task
    returned(subject.fresh(), replace(made, task=replace(made.task, question=task.question)))


def large(subject: Subject) -> str:
    """Say what a large world costs; refuse only the absurd."""
    side = max(8, round((subject.pairs / 2) ** 0.5))
    made = world("large", perturbations=4 * side, genes=2 * side, whole=True)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    returned(subject.fresh(), made, rows=False)
    seconds = time.process_time() - start  # of this process: a busy machine is no fault of the component
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit
    number = made.split.queries.height
    if seconds > _ABSURD_SECONDS or used > _ABSURD_BYTES:
        raise Fault(f"{number:,} pairs take {seconds:,.0f} s of CPU and {used >> 20:,} MB")
    return f"{number:,} pairs, the plain stages included: {seconds:.1f} s of CPU, {used >> 20:,} MB more"


def _about_first(subject: Subject, *, pairs: int, support: int | None = None) -> None:
    """Run on the first pairs of a world, behind a component that has learnt from all of it."""
    made, instance = suited(subject), subject.fresh()
    returned(instance, made)
    task, split = made.task, made.split
    blocks = splits.blocks(
        split.queries, split.support, regime=task.regime, support_contexts=task.support_contexts
    )
    block = empty(next(blocks), pairs=pairs, support=support)
    method = method_with(instance)
    if subject.stage == "aggregator":
        predictions_about(method, made, block)
    else:
        list(about(method, made, block))


STAGED = (
    Check(
        name="returns-what-its-stage-returns",
        run=usual_worlds,
        why="a figure over other pairs, or made of other types, is a wrong figure",
        mend="build the frame with core_harness.frame(SCHEMA, rows), with a row for all that was asked",
    ),
    Check(
        name="empty-block",
        run=no_pairs,
        why="a part of a dataset may have nothing to ask",
        mend="return a frame without rows: pl.DataFrame(schema=...)",
    ),
    Check(
        name="one-row",
        run=one_row,
        why="a context may have one query, or one measured row",
        mend="give every mean, standard deviation and fit a value for one row, and for none",
    ),
    Check(
        name="one-class",
        run=one_class,
        why="in a small support nothing may have changed, or everything",
        mend="return the prevalence, or a null score with a status, where there is nothing to tell apart",
    ),
    Check(
        name="nothing-related",
        run=no_relations,
        why="a perturbation that the graph does not know has no evidence",
        mend="return a null score, or that of the gene alone, with a status that says so",
    ),
    *HANDLED,
    Check(
        name="not-from-itself",
        run=not_from_itself,
        why="rows of the perturbation that is asked about answer for it",
        mend="leave out rows whose neighbour is the query's perturbation in the query's context",
    ),
    Check(
        name="hostile-names",
        run=hostile_names,
        why="names of drugs, combinations and clones hold commas, brackets and letters of any script",
        mend="treat names as text: never split, format, evaluate or use them as a path",
    ),
    Check(
        name="time-and-memory",
        run=large,
        why="a cell line has 100,000 pairs, and a control runs 20 times",
        mend="work on whole frames instead of row by row, and on one block at a time",
    ),
)
"""Checks of retrievers, organizers and aggregators."""
