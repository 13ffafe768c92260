"""CORE's organization of evidence: who moved this gene, against who did not (arXiv 2606.01042)."""

from __future__ import annotations

from typing import ClassVar

from core_harness import Evidence, Need, Task


class Contrast:
    """Positives against negatives on the same gene.

    Parameters
    ----------
    per_side
        Keep the most related rows of each side, so many; 0 keeps all. What the paper keeps is not
        known; all is our choice for voting.
    """

    gives: ClassVar[frozenset[Need]] = frozenset({"relations", "evidence"})

    def __init__(self, *, per_side: int = 0) -> None:
        self.per_side = per_side

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return all rows on the query's gene, or the best of each side."""
        return evidence.top(self.per_side, per_side=True) if self.per_side > 0 else evidence
