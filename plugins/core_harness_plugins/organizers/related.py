"""For methods that ask how strong related perturbations are, not what they did to one gene."""

from __future__ import annotations

from typing import ClassVar

from core_harness import Evidence, Need, Task


class Related:
    """Give the related perturbations."""

    gives: ClassVar[frozenset[Need]] = frozenset({"relations"})

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the evidence as it came."""
        return evidence
