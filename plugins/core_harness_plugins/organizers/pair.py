"""The isolated pair: no evidence, only names and facts. What most published systems ask."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Facts, Need, Task
from core_harness_plugins.organizers.asking import PairAsker


class IsolatedPair(PairAsker):
    """Perturbation, context and gene by name, what the graph holds about them, and the question."""

    gives: ClassVar[frozenset[Need]] = frozenset({"answers"})
    template = "isolated"

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the evidence as it came; none of it is shown to the model."""
        return evidence

    def prompts(self, task: Task, evidence: Evidence, facts: Facts) -> pl.DataFrame:
        """Return prompts about all pairs."""
        return self._prompts(task, evidence.pairs, None, facts)
