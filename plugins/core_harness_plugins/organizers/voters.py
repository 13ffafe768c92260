"""The evidence of CORE-Voting, whose voters a model may grade."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Facts, Need, Task
from core_harness.plugins.limits import Samples
from core_harness.prompts import Layout, Template, grade_prompts, load_template


class Voters:
    """Positives against negatives on the same gene, all of them.

    A model, if there is one, is asked once a perturbation which of its nearest relatives act most like
    it; their votes are weighed by its grades.

    Parameters
    ----------
    graded
        Neighbours that are graded: the most related ones, whatever genes they were measured on.
    facts
        Facts about the perturbation in a prompt, at most; with 0 no graph is needed.
    reasons
        Facts about each neighbour in a prompt, at most.
    samples
        Times that each prompt is drawn; odd draws have the neighbours in the opposite order.
    """

    gives: ClassVar[frozenset[Need]] = frozenset({"relations", "evidence", "grades"})

    def __init__(self, *, graded: int = 50, facts: int = 12, reasons: int = 4, samples: Samples = 1) -> None:
        self.graded = graded
        self.facts = facts
        self.reasons = reasons
        self.samples = samples

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return all evidence."""
        return evidence

    def prompts(self, task: Task, evidence: Evidence, facts: Facts) -> pl.DataFrame:
        """Return one prompt a perturbation."""
        others = evidence.neighbours().filter(pl.col("neighbour") != pl.col("perturbation"))
        nearest = others.filter(pl.int_range(pl.len()).over("perturbation") < self.graded)
        layout = Layout(facts=self.facts, reasons=self.reasons, samples=self.samples)
        return grade_prompts(
            load_template("grades"),
            task,
            evidence.pairs,
            nearest.select("perturbation", "neighbour"),
            facts=facts,
            layout=layout,
        )

    def templates(self) -> list[Template]:
        """Return the template of the grades."""
        return [load_template("grades")]
