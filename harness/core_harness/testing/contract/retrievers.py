"""Checks of retrievers that declare what their relations depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl

from core_harness.data import splits
from core_harness.evaluation import pipeline
from core_harness.plugins.guard import call
from core_harness.plugins.protocols import UsesKnowledge
from core_harness.testing.contract.plain import method_with
from core_harness.testing.contract.running import suited
from core_harness.testing.contract.subject import Check, Fault, Skip, Subject
from core_harness.testing.contract.worlds import World
from core_harness.vocabulary import Question

Change = Callable[[World], World]


def names_alone(subject: Subject) -> None:
    """Change all but names, agent and graph, for a retriever that declares that it reads no more."""
    if getattr(subject.object, "reads", "support") != "names":
        raise Skip("it does not declare that its relations depend on names alone")
    made = suited(subject)
    before = _relations(subject, made)
    for what, change in _CHANGES.items():
        for one, other in zip(before, _relations(subject, change(made)), strict=True):
            if not one.equals(other):
                raise Fault(f"its relations change with {what}")


def _relations(subject: Subject, made: World) -> list[pl.DataFrame]:
    """Return what a new object relates, block by block, in order."""
    instance, task = subject.fresh(), made.task
    if isinstance(instance.object, UsesKnowledge):
        call(instance, "use", made.graph)
    blocks = splits.blocks(
        made.split.queries, made.split.support, regime=task.regime, support_contexts=task.support_contexts
    )
    found = (pipeline.relate(method_with(instance), task, block) for block in blocks)
    return [relations.sort("perturbation", "neighbour", "neighbour_context") for relations in found]


def _relabelled(made: World) -> World:
    label = made.rows["label"].shuffle(seed=1)
    return replace(made, rows=made.rows.with_columns(label))


def _turned(made: World) -> World:
    return replace(made, rows=made.rows.with_columns((1 - pl.col("label")).cast(pl.UInt8)))


def _thinned(made: World) -> World:
    unit = ["context", "perturbation"]
    return replace(made, rows=made.rows.unique(unit, keep="first", maintain_order=True))


def _called(made: World) -> World:
    other: Question = "dir" if made.task.question == "de" else "de"
    task = replace(made.task, dataset="another", question=other, seed=made.task.seed + 1)
    return replace(made, task=task)


_CHANGES: Mapping[str, Change] = {
    "labels, which were given to other rows": _relabelled,
    "labels, which were turned round": _turned,
    "the genes that were measured": _thinned,
    "the dataset's name, the question and the seed": _called,
}

RETRIEVER = (
    Check(
        name="names-alone",
        run=names_alone,
        why="relations that are stored would be those of other labels, and a figure would be wrong",
        mend='take reads = "names" away, or read nothing but names, task.agent and the graph',
    ),
)
"""Checks of retrievers, beside those of all stages."""
