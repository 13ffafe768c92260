"""The isolated pair: no evidence, only names. What most published systems ask."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Need, Task
from core_harness.prompting import Template, isolated_prompts, load_template


class IsolatedPair:
    """One prompt a pair: perturbation, context and gene by name, and the question."""

    gives: ClassVar[frozenset[Need]] = frozenset({"answers"})

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the evidence as it came; none of it is shown to the model."""
        return evidence

    def prompts(self, task: Task, evidence: Evidence) -> pl.DataFrame:
        """Return one prompt a pair."""
        return isolated_prompts(task, evidence.pairs)

    def templates(self) -> list[Template]:
        """Return the template of the isolated pair."""
        return [load_template("isolated")]
