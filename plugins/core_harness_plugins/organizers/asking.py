"""What organizers that ask a model about pairs have in common."""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from core_harness import Evidence, Facts, Need, Task
from core_harness.plugins.limits import Samples
from core_harness.prompts import Layout, Template, load_template, pair_prompts


class PairAsker:
    """Asks about each pair, alone or packed with others, in the words of one template.

    Parameters
    ----------
    facts
        Facts of the knowledge graph about the perturbation, about the gene, and about the two together:
        at most so many each. With 0 no graph is needed.
    genes_per_prompt
        Genes of one perturbation that share a prompt, at most.
    samples
        Times that each prompt is drawn; odd draws have their evidence in the opposite order.
    """

    template: str

    def __init__(self, *, facts: int = 6, genes_per_prompt: int = 1, samples: Samples = 1) -> None:
        self.facts = facts
        self.genes_per_prompt = genes_per_prompt
        self.samples = samples

    def templates(self) -> list[Template]:
        """Return the one template."""
        return [load_template(self.template)]

    def _prompts(
        self, task: Task, pairs: pl.DataFrame, rows: pl.DataFrame | None, facts: Facts, reasons: int = 0
    ) -> pl.DataFrame:
        layout = Layout(
            facts=self.facts,
            reasons=reasons,
            genes_per_prompt=self.genes_per_prompt,
            samples=self.samples,
        )
        return pair_prompts(load_template(self.template), task, pairs, rows, facts=facts, layout=layout)


class OnSameGene(PairAsker):
    """Asks about pairs whose gene was moved by some related perturbations and not by others.

    A pair without such a contrast has no prompt. Organizers of this kind show the same rows, so that
    what differs between them is how the rows are organized.

    Parameters
    ----------
    per_side
        Rows of each side in a prompt, at most; 10, fixed a priori, for what the paper shows is not known.
    reasons
        Facts that a row tells about what relates it to the perturbation, at most.
    facts, genes_per_prompt, samples
        As in :class:`PairAsker`.
    """

    gives: ClassVar[frozenset[Need]] = frozenset({"relations", "evidence", "answers"})

    def __init__(
        self,
        *,
        per_side: int = 10,
        reasons: int = 2,
        facts: int = 6,
        genes_per_prompt: int = 1,
        samples: Samples = 1,
    ) -> None:
        super().__init__(facts=facts, genes_per_prompt=genes_per_prompt, samples=samples)
        self.per_side = per_side
        self.reasons = reasons

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return all evidence; what stands in a prompt is cut when it is written."""
        return evidence

    def prompts(self, task: Task, evidence: Evidence, facts: Facts) -> pl.DataFrame:
        """Return prompts about the pairs with a contrast."""
        pairs = evidence.pairs.filter(pl.col("pair_id").is_in(evidence.contrasted.implode()))
        rows = evidence.top(self.per_side, per_side=True).rows()
        return self._prompts(task, pairs, rows, facts, self.reasons)
