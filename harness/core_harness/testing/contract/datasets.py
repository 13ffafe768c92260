"""Checks of datasets."""

from __future__ import annotations

import polars as pl

from core_harness.errors import DataError, DownloadError, MissingDataError, UsageError
from core_harness.evaluation.checks import check_dataset
from core_harness.evaluation.contexts import checked_rows
from core_harness.knowledge.layers import Graph
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import call
from core_harness.plugins.protocols import BringsKnowledge
from core_harness.testing.contract.handled import QUIET, quiet
from core_harness.testing.contract.running import compare
from core_harness.testing.contract.subject import Check, Fault, Skip, Subject


def declared(subject: Subject) -> None:
    """Read question, agent and simulated."""
    check_dataset(subject.object, subject.instance.name)


def rows(subject: Subject) -> str:
    """Read the rows, as the pipeline does."""
    found = rows_of(subject.fresh())
    if not found.filter(split="test").height or not found.filter(split="train").height:
        raise Fault("there is nothing to ask: it needs rows of the split 'train' and of the split 'test'")
    return f"{found.height:,} rows, {found['context'].n_unique()} contexts"


def same_again(subject: Subject) -> None:
    """Read twice, from one object and from two."""
    first = subject.fresh()
    frames = [rows_of(first), rows_of(first), rows_of(subject.fresh())]
    for other in frames[1:]:
        compare(frames[:1], [other], "when it is read again")


def graph(subject: Subject) -> str:
    """Open the graph that a dataset brings, and look for its perturbations in it."""
    if not isinstance(subject.object, BringsKnowledge):
        raise Skip("it brings no graph")
    instance = subject.fresh()
    brought = call(instance, "knowledge")
    if not isinstance(brought, Graph):
        raise Fault(f"knowledge() returned {type(brought).__name__}, wanted a core_harness.Graph")
    names = rows_of(instance)["perturbation"].unique()
    known = names.is_in(sorted(brought.genes)).sum()
    return f"{known:,} of {len(names):,} perturbations are in its graph"


def still(subject: Subject) -> None:
    """Listen while rows are read."""
    quiet(subject, rows_of)


def rows_of(instance: Instance) -> pl.DataFrame:
    """Return the checked rows. Raises :class:`Skip` where the data are not here."""
    try:
        return checked_rows(call(instance, "rows"), instance.reference.name)
    except (MissingDataError, DownloadError, UsageError) as missing:
        raise Skip(str(missing)) from None
    except DataError as error:
        raise Fault(str(error)) from None


DATASET = (
    Check(
        name="says-what-it-is",
        run=declared,
        why="the question decides what is asked, and a figure of generated data has to say so",
        mend="set question ('de' or 'dir'), agent ('knockdown' or 'drug') and simulated (True or False)",
    ),
    Check(
        name="rows-can-be-used",
        run=rows,
        why="nothing can be evaluated on rows that are twice, unnamed or without a label",
        mend="build the frame with core_harness.frame(ROWS, rows); core_harness.data.tables reads files",
    ),
    Check(
        name="same-rows-again",
        run=same_again,
        why="the record of a run holds a digest of the rows, and a run on others is another run",
        mend="draw with a seed that is a parameter, and keep nothing between calls",
    ),
    Check(
        name="brings-a-graph",
        run=graph,
        why="perturbations that the graph does not know have no evidence",
        mend="return Graph.of([Layer.sets(...), Layer.edges(...)]) with the names of the rows",
    ),
    Check(name=QUIET.name, run=still, why=QUIET.why, mend=QUIET.mend),
)
"""Checks of datasets, besides how they are made."""
