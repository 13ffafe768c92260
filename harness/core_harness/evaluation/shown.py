"""What a method is shown of a dataset: evidence about its queries, and examples to learn from."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from core_harness.evidence.blocks import Blocks
from core_harness.knowledge.facts import Facts
from core_harness.schemas import Task


@dataclass(frozen=True, kw_only=True, eq=False)
class Examples:
    """Perturbations of the support, asked about as queries are, for an aggregator that learns.

    Attributes
    ----------
    contexts
        Whose queries the aggregator predicts with what it learns from them.
    evidence
        About their pairs.
    labels
        ``pair_id, label`` of these.
    """

    contexts: frozenset[str]
    evidence: Blocks
    labels: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a method is shown under one seed.

    Attributes
    ----------
    task
        With that seed.
    evidence
        About the queries.
    examples
        To learn from: of each context apart, or of all together where contexts may learn from each other.
        Empty where the aggregator does not learn.
    facts
        What prompts may tell.
    """

    task: Task
    evidence: Blocks
    examples: tuple[Examples, ...]
    facts: Facts

    def examples_for(self, context: str) -> Examples | None:
        """Return the examples to learn from before a context's queries are predicted."""
        return next((examples for examples in self.examples if context in examples.contexts), None)
