"""Votes in small worlds, step by step, so that what is between the steps can be looked at."""

from __future__ import annotations

from typing import Any

import polars as pl
from worlds import world

from core_harness.data.splits import Split, split_rows
from core_harness.evaluation.methods import Method, make_methods
from core_harness.evaluation.pipeline import fit_and_predict, show
from core_harness.evaluation.shown import Shown
from core_harness.evaluation.spec import RunSpec
from core_harness.knowledge.facts import Facts
from core_harness.llm.answers import ANSWERS
from core_harness.plugins.catalog import catalog
from core_harness.registry.loading import shipped_registry
from core_harness.schemas import Task
from core_harness.vocabulary import Question

NO_ANSWERS = pl.DataFrame(schema=dict(ANSWERS))
CONTEXTS = ("a", "b", "c")


def three_contexts(seed: int = 0) -> pl.DataFrame:
    """Return a world in which each perturbation is asked about in one context at most."""
    rows = world(seed=seed, perturbations=30, genes=15, contexts=CONTEXTS)
    asked = pl.col("context").replace({"a": "0", "b": "1", "c": "2"})
    test = pl.col("perturbation").str.slice(-1) == asked
    return rows.with_columns(split=pl.when(test).then(pl.lit("test")).otherwise(pl.lit("train")))


def task_of(question: Question = "de", *, contexts: tuple[str, ...] = (), seed: int = 0) -> Task:
    return Task(
        dataset="d", question=question, agent="knockdown", seed=seed, simulated=True,
        regime="cross-context" if contexts else "unseen-perturbation", support_contexts=contexts,
    )  # fmt: skip


def method_of(strategy: str, *, retriever: str = "random", **parameters: Any) -> Method:
    spec = RunSpec(strategies=(strategy,), retriever=retriever, parameters=parameters)  # type: ignore[arg-type]
    (method,) = make_methods(spec, shipped_registry(), catalog())
    return method


def shown_to(method: Method, rows: pl.DataFrame | Split, task: Task) -> Shown:
    split = split_rows(rows) if isinstance(rows, pl.DataFrame) else rows
    return show(method, task, split, None, Facts.none())


def predicted(method: Method, rows: pl.DataFrame | Split, task: Task) -> pl.DataFrame:
    """Return the predictions of a method that asks no model, fitted first if it learns."""
    return fit_and_predict(method, shown_to(method, rows, task), NO_ANSWERS)
