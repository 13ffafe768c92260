"""Few-shot: the nearest measured pairs, over perturbation and gene together."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import polars as pl

from core_harness import EVIDENCE, Evidence, Facts, Graph, Need, Task
from core_harness.errors import UsageError
from core_harness.knowledge.kernels import cosines, memberships
from core_harness.plugins.limits import Samples
from core_harness_plugins.organizers.asking import PairAsker

_NEAR = ("neighbour", "context", "weight")


class NearestPairs(PairAsker):
    """The pairs of the support that are nearest to the query, as one list with their true labels.

    A pair is as near as its perturbation is related, times how alike its gene is to the query's: 1 for
    the same gene, else the mean cosine of what sets the two genes are in. Genes that share no set are
    not alike. The number of rows is that of ``contrast``, both sides together.

    Parameters
    ----------
    rows
        Examples in a prompt, at most.
    among
        The most related perturbations, and the most alike genes, among which examples are looked for: so
        many of each.
    reasons, facts, genes_per_prompt, samples
        As in ``contrast``.
    """

    gives: ClassVar[frozenset[Need]] = frozenset({"relations", "answers"})
    template = "few-shot"

    def __init__(
        self,
        *,
        rows: int = 20,
        among: int = 50,
        reasons: int = 2,
        facts: int = 6,
        genes_per_prompt: int = 1,
        samples: Samples = 1,
    ) -> None:
        super().__init__(facts=facts, genes_per_prompt=genes_per_prompt, samples=samples)
        self.rows = rows
        self.among = among
        self.reasons = reasons
        self._graph: Graph | None = None

    def use(self, graph: Graph) -> None:
        """Keep the graph for later calls."""
        self._graph = graph

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the nearest rows of each query."""
        rank = pl.int_range(pl.len()).over("perturbation")
        nearest = evidence.neighbours().filter(rank < self.among)
        related = evidence.related().join(nearest, on=["perturbation", "neighbour"], how="semi")
        alike = self._alike(evidence)
        found = [pl.DataFrame(schema=dict(EVIDENCE))]
        # a perturbation at a time: all at once would be every related pair of every alike gene
        for pairs in evidence.pairs.partition_by("perturbation", maintain_order=True):
            near = evidence.support.join(
                related.filter(pl.col("perturbation") == pairs["perturbation"][0]).select(*_NEAR),
                left_on=["perturbation", "context"],
                right_on=["neighbour", "context"],
            ).rename({"perturbation": "neighbour"})
            found.append(
                pairs.select("pair_id", pl.col("gene").alias("asked"))
                .join(alike, on="asked")
                .join(near, on="gene")
                .with_columns(pl.col("weight") * pl.col("alike"))
                .sort("pair_id", -pl.col("weight"), "neighbour", "context", "gene")
                .filter(pl.int_range(pl.len()).over("pair_id") < self.rows)
                .select("pair_id", "neighbour", "context", "gene", "label", "weight")
            )
        return Evidence(evidence.block, evidence.relations, chosen=pl.concat(found))

    def prompts(self, task: Task, evidence: Evidence, facts: Facts) -> pl.DataFrame:
        """Return prompts about all pairs that have an example."""
        rows = evidence.rows()
        pairs = evidence.pairs.join(rows, on="pair_id", how="semi", maintain_order="left")
        return self._prompts(task, pairs, rows, facts, self.reasons)

    def _alike(self, evidence: Evidence) -> pl.DataFrame:
        """Return ``asked, gene, alike``: each query gene with itself and the genes most like it."""
        if self._graph is None:
            raise UsageError(
                "organizer 'few-shot' has no knowledge graph; call use(graph) before organize(...)"
            )
        asked = evidence.pairs["gene"].unique().sort()
        measured = evidence.support["gene"].unique().sort()
        approve = self._graph.symbols.approve
        layers = [layer for layer in self._graph.layers if layer.kind == "sets"]
        kernel = np.zeros((len(asked), len(measured)))
        for layer in layers:
            rows = (memberships(layer, approve(genes).to_list()) for genes in (asked, measured))
            kernel += cosines(*rows) / len(layers)
        kernel[np.equal.outer(asked.to_numpy(), measured.to_numpy())] = 1.0
        best = np.argsort(-kernel, axis=1, kind="stable")[:, : self.among]
        rows_at, values = np.arange(len(asked))[:, None], np.take_along_axis(kernel, best, axis=1)
        at = np.nonzero(values > 0)
        return pl.DataFrame(
            {
                "asked": asked.gather(np.broadcast_to(rows_at, best.shape)[at]),
                "gene": measured.gather(best[at]),
                "alike": values[at],
            }
        )
