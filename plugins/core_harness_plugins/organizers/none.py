"""For methods that look at no related perturbation."""

from __future__ import annotations

from typing import ClassVar

from core_harness import Evidence, Need, Task


class NoEvidence:
    """Give nothing beyond queries and support."""

    gives: ClassVar[frozenset[Need]] = frozenset()

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the evidence as it came; no aggregator may count on it."""
        return evidence
