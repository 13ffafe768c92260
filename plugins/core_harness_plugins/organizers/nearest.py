"""Plain retrieval: the most related perturbations that were measured on the gene, whatever they did."""

from __future__ import annotations

from typing import ClassVar

from core_harness import Evidence, Need, Task
from core_harness.plugins.limits import Count


class Nearest:
    """The ``k`` most related rows on the same gene.

    Parameters
    ----------
    k
        Rows kept for a query; 10, fixed a priori.
    """

    gives: ClassVar[frozenset[Need]] = frozenset({"relations", "evidence"})

    def __init__(self, *, k: Count = 10) -> None:
        self.k = k

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the ``k`` best rows of each query."""
        return evidence.top(self.k, per_side=False)
