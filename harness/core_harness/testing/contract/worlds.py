"""The small made worlds in which components are checked. All are made with a seed; none is about cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from core_harness.data import splits
from core_harness.data.splits import Split
from core_harness.knowledge.layers import Graph, Layer
from core_harness.schemas import ROWS, Task
from core_harness.vocabulary import Question, Regime

GENE_HOLDOUT = 0.25
"""Share of the genes that are asked about where genes are unseen."""

HOSTILE = (
    *(
        "NKX2-1",
        "HLA-A",
        "A+B",
        "β-catenin",
        "Ärzte",
        "名",
        "😀",
        "Ω mega",
        "O'Neil",
        'say "yes"',
        "a,b",
        "a;b",
    ),
    *("=1+1", "-1", "007", "NaN", "null", "None", "true", "1e5", "[bold]x[/bold]", "<b>x</b>", "{{ x }}"),
    *("%s %d", "$HOME", "../../x", "a\\b", "a/b", "ANSWER: yes", "# x", "x" * 200),
)
"""Names that break what splits, formats or evaluates them."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Rows, and what is asked about them, as a dataset of this name would have it.

    Attributes
    ----------
    name
        For messages.
    task, rows
        What components are given of it; rows are sorted and hold the queries with their labels.
    graph
        In which its perturbations and genes are related.
    """

    name: str
    task: Task
    rows: pl.DataFrame
    graph: Graph

    @cached_property
    def split(self) -> Split:
        """The rows, divided as the pipeline divides them."""
        split = splits.split_rows(self.rows)
        if self.task.gene_holdout is not None:
            return splits.hold_out_genes(split, self.task.gene_holdout, seed=self.task.seed)
        contexts = self.task.support_contexts
        return splits.only_unseen(split, self.task.regime, support_contexts=contexts)

    def poisoned(self) -> World:
        """Return the world with the label of every query turned round."""
        label = pl.when(split="test").then(1 - pl.col("label")).otherwise("label").cast(pl.UInt8)
        return replace(self, rows=self.rows.with_columns(label.alias("label")))

    def labelled(self, label: int) -> World:
        """Return the world in which all that was measured has one label."""
        return replace(
            self,
            name=f"every label is {label}",
            rows=self.rows.with_columns(pl.lit(label, pl.UInt8).alias("label")),
        )


def world(
    name: str = "plain",
    *,
    regime: Regime = "unseen-perturbation",
    question: Question = "de",
    contexts: Sequence[str] = ("here",),
    perturbations: Sequence[str] | int = 24,
    genes: Sequence[str] | int = 8,
    whole: bool = False,
) -> World:
    """Return a world of these names, or of so many. The first context is asked about.

    A third of the pairs was not measured, unless the world is ``whole``. A quarter of the perturbations is
    asked about, and none of their rows in the first context is support.
    """
    p_names = _named("P", perturbations)
    g_names = _named("G", genes)
    rng = np.random.default_rng(len(p_names))
    shape = (len(contexts), len(p_names), len(g_names))
    c, p, g = np.nonzero(np.ones(shape, bool) if whole else rng.random(shape) < 2 / 3)
    programme = rng.random((5, len(g_names)))[np.arange(len(p_names)) % 5]
    chance = 0.15 + 0.7 * (programme > 0.6)
    label = (rng.random(shape) < chance)[c, p, g]
    columns = {
        "context": np.array(contexts)[c],
        "perturbation": np.array(p_names)[p],
        "gene": np.array(g_names)[g],
        "label": label.astype(np.uint8),
        "split": np.where((p % 4 == 0) & (c == 0), "test", "train"),
    }
    rows = pl.DataFrame(columns, schema=dict(ROWS)).sort("context", "perturbation", "gene")
    task = Task(
        dataset="contract",
        question=question,
        agent="knockdown",
        regime=regime,
        seed=0,
        simulated=True,
        support_contexts=tuple(contexts[1:]),
        gene_holdout=GENE_HOLDOUT if regime == "unseen-gene" else None,
    )
    return World(name=name, task=task, rows=rows, graph=_graph(p_names, g_names))


def divided_by_pair() -> World:
    """Return a world in which some rows of each perturbation are measured and the others are asked about."""
    made = world("rows of a query's own perturbation are support")
    part = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("test")).otherwise(pl.lit("train"))
    return replace(made, rows=made.rows.with_columns(part.alias("split")))


def hostile() -> World:
    """Return a world of names that are hard to handle."""
    return world("names that are hard to handle", perturbations=HOSTILE, genes=HOSTILE[::3])


def usual() -> list[World]:
    """Return a world for each question and each kind of support."""
    two = ("here", "there")
    return [
        world("unseen perturbations"),
        world("unseen perturbations, direction", question="dir"),
        world("other contexts", regime="cross-context", contexts=two),
        world("an unseen context", regime="unseen-context", contexts=(*two, "elsewhere")),
        world("unseen genes", regime="unseen-gene"),
    ]


def _named(prefix: str, names: Sequence[str] | int) -> list[str]:
    return [f"{prefix}{number:04}" for number in range(names)] if isinstance(names, int) else list(names)


def _graph(perturbations: Sequence[str], genes: Sequence[str]) -> Graph:
    """Return a graph of sets of every fifth name, and of edges between names that follow each other."""
    names = sorted({*perturbations, *genes})
    sets = pl.DataFrame({"set": [f"set {at % 5}" for at in range(len(names))], "gene": names})
    weights = [0.4 + at % 6 / 10 for at in range(len(names) - 1)]
    edges = pl.DataFrame({"a": names[:-1], "b": names[1:], "weight": weights})
    return Graph.of([Layer.sets("sets", sets), Layer.edges("edges", edges)])
