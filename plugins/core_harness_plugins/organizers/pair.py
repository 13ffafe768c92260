"""The isolated pair: no evidence, only names and facts. What most published systems ask."""

from __future__ import annotations

from typing import ClassVar, Literal

import polars as pl

from core_harness import Evidence, Facts, Need, Task
from core_harness.plugins.limits import Samples
from core_harness_plugins.organizers.asking import PairAsker


class IsolatedPair(PairAsker):
    """Perturbation, context and gene by name, what the graph holds about them, and the question.

    Parameters
    ----------
    question
        ``dataset``: that of the dataset. ``both``: does the gene change, and where to, whichever of the two
        the dataset asks; the same prompt answers either. It goes with one gene a prompt.
    facts, genes_per_prompt, samples
        As in :class:`PairAsker`.
    """

    gives: ClassVar[frozenset[Need]] = frozenset({"answers"})

    def __init__(
        self,
        *,
        facts: int = 6,
        genes_per_prompt: int = 1,
        samples: Samples = 1,
        question: Literal["dataset", "both"] = "dataset",
    ) -> None:
        super().__init__(facts=facts, genes_per_prompt=genes_per_prompt, samples=samples)
        self.question = question
        self.template = "isolated-both" if question == "both" else "isolated"

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the evidence as it came; none of it is shown to the model."""
        return evidence

    def prompts(self, task: Task, evidence: Evidence, facts: Facts) -> pl.DataFrame:
        """Return prompts about all pairs."""
        return self._prompts(task, evidence.pairs, None, facts)
