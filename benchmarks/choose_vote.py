"""Choose the vote's power and shrinkage, and the network kernel, on support.

Five folds by perturbation over the train rows of K562 and HepG2, everything refitted without the fold;
no test row is read. For each setting: macro-per-gene AUROC and log loss, and macro-per-gene AUROC under
the two controls, which a setting must leave within .01 of .5 (means over folds and three seeds)::

    CORE_HARNESS_DATA=../shared/data python benchmarks/choose_vote.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from core_harness.data.crossfit import out_of_fold
from core_harness.data.splits import Split, blocks
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.evidence import controls
from core_harness.evidence.evidence import Evidence
from core_harness.llm.answers import ANSWERS
from core_harness.metrics.by_segment import auroc_by
from core_harness.metrics.segments import GENE
from core_harness.plugins.catalog import catalog
from core_harness.plugins.protocols import Retriever
from core_harness.schemas import Task
from core_harness.vocabulary import Control

LINES = ("k562", "hepg2")
NETWORKS = ("pagerank", "shared-neighbours")
POWERS = (1.0, 2.0)
SHRINKAGES = (0.1, 0.3, 1.0, 3.0)
NULLS: tuple[Control, ...] = ("shuffled-labels", "random-neighbours")
SEEDS = 3


@dataclass(frozen=True)
class Question:
    """One block of a fold: its evidence, and the fold's truth."""

    evidence: Evidence
    fold: Split


def questions(
    task: Task, retriever: Retriever, folds: Sequence[Split], control: Control | None
) -> Iterator[Question]:
    """Yield the blocks of all folds, once or, under a control, once a seed."""
    for seed, fold in product(range(SEEDS if control else 1), folds):
        support = controls.on_support(control, fold.support, seed=seed)
        for block in blocks(fold.queries, support):
            relations = controls.on_relations(control, retriever.relate(task, block), block, seed=seed)
            yield Question(Evidence(block, relations), fold)


def judge(task: Task, asked: Sequence[Question], power: float, shrinkage: float) -> tuple[float, float]:
    """Return macro-per-gene AUROC and log loss, means over the questions."""
    vote = catalog().make("aggregator", "vote", {"power": power, "shrinkage": shrinkage}).object
    areas, losses = [], []
    for question in asked:
        predictions = vote.predict(task, question.evidence, pl.DataFrame(schema=dict(ANSWERS)))
        scored = question.evidence.pairs.join(question.fold.truth, on="pair_id").join(
            predictions, on="pair_id"
        )
        areas.append(auroc_by(scored, GENE)["auroc"].to_numpy().mean())
        score = scored["score"].clip(1e-6, 1 - 1e-6).to_numpy()
        losses.append(-np.log(np.where(scored["label"].to_numpy() == 1, score, 1 - score)).mean())
    return float(np.mean(areas)), float(np.mean(losses))


def main() -> None:
    """Print one table a line."""
    console = Console(width=110)
    for line in LINES:
        table = Table(
            "network", "power", "shrinkage", "macro-per-gene AUROC", "log loss", *NULLS,
            title=f"{line}, support, out of fold",
        )  # fmt: skip
        for network in NETWORKS:
            spec = RunSpec(
                dataset=f"perturbqa/{line}",
                strategies=("voting",),
                parameters={"retriever": {"network": network}},
            )
            session = Session()
            (method,) = session.methods(spec)
            loaded = session.load(spec)
            session.open_knowledge(loaded.dataset, method)
            folds = list(out_of_fold(loaded.split.support))
            asked = {
                control: list(questions(loaded.task, method.retriever.object, folds, control))
                for control in (None, *NULLS)
            }
            for power, shrinkage in product(POWERS, SHRINKAGES):
                area, loss = judge(loaded.task, asked[None], power, shrinkage)
                null = [judge(loaded.task, asked[c], power, shrinkage)[0] for c in NULLS]
                figures = (f"{area:.4f}", f"{loss:.4f}", *(f"{n:.4f}" for n in null))
                table.add_row(network, f"{power:g}", f"{shrinkage:g}", *figures)
        console.print(table)


if __name__ == "__main__":
    main()
