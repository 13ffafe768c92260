"""Votes from other contexts: what a perturbation did there, and what those did that responded like it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from core_harness import Evidence, Question
from core_harness.data.rates import gene_rates
from core_harness.evidence.two_steps import Elsewhere, Floats, Placed, Responses, names_of
from core_harness_plugins.aggregators.gene_votes import SHRINKAGE, SPREAD, AskedGenes, genes_alike

_AWAY = (pl.col("label") - pl.col("rate")) / (pl.col("rate") * (1 - pl.col("rate")) + SPREAD).sqrt()
"""How far a label is from its gene's rate, in standard deviations of the gene's labels."""


def itself_elsewhere(evidence: Evidence) -> pl.DataFrame:
    """Return ``perturbation, gene, away``: what queries' perturbations did elsewhere, on average."""
    other = evidence.support.filter(pl.col("context") != evidence.block.context)
    known = other.join(gene_rates(other), on=["context", "gene"])
    asked = known.join(evidence.pairs.select("perturbation").unique(), on="perturbation", how="semi")
    return asked.group_by("perturbation", "gene").agg(_AWAY.mean().alias("away")).sort("perturbation", "gene")


def on_pairs(evidence: Evidence, said: pl.DataFrame) -> Floats:
    """Return what is said of each pair's perturbation and gene; 0 where nothing is."""
    found = evidence.pairs.join(said, on=["perturbation", "gene"], how="left", maintain_order="left")
    return found["away"].fill_null(0.0).to_numpy()


def votes_elsewhere(
    evidence: Evidence, others: Sequence[Elsewhere], responses: Responses, placed: Placed, question: Question
) -> dict[str, Floats]:
    """Return votes by name, each an array over the pairs; 0 says nothing.

    ``itself``: what the perturbation did to the gene in other contexts. ``itself, genes alike`` and ``itself,
    genes together``: what it did there to other genes, carried to the pair's gene as
    :func:`~core_harness_plugins.aggregators.gene_votes.gene_votes` carries votes, by how genes respond in the
    own context. ``elsewhere, there``: those that responded like it there vote with what they did there.
    """
    said = itself_elsewhere(evidence)
    names = names_of(evidence).to_frame("perturbation").with_row_index("q")
    genes = responses.genes.to_frame("gene").with_row_index("g")
    cells = said.join(names, on="perturbation").join(genes, on="gene")
    did = np.zeros((names.height, genes.height))
    did[cells["q"].to_numpy(), cells["g"].to_numpy()] = cells["away"].to_numpy()
    asked = AskedGenes(evidence, responses, placed)
    weight = genes_alike(
        responses.profiles, responses.loadings, question, of=asked.genes, on=np.arange(genes.height)
    )
    together = responses.loadings[asked.genes] @ responses.loadings.T
    together[np.arange(len(asked.genes)), asked.genes] = 0.0
    alike = did @ weight.T / (np.abs(weight).sum(axis=1) + 1)
    return {
        "itself": on_pairs(evidence, said),
        "elsewhere, there": _there(evidence, others, placed),
        "itself, genes alike": asked.on_pairs(alike.T),
        "itself, genes together": asked.on_pairs((did @ together.T).T),
    }


def _there(evidence: Evidence, others: Sequence[Elsewhere], placed: Placed) -> Floats:
    """Return the votes in other contexts, averaged by their worth where the perturbation was measured."""
    votes, worths = np.zeros(evidence.pairs.height), np.zeros(evidence.pairs.height)
    for other in others:
        context = other.responses.units["context"].first()
        rows = evidence.support.filter(pl.col("context") == context)
        units = other.responses.units.with_row_index("u")
        genes = other.responses.genes.to_frame("gene").with_row_index("g")
        cells = (
            rows.join(gene_rates(rows, shrinkage=0.0), on=["context", "gene"])
            .join(units, on=["context", "perturbation"])
            .join(genes, on="gene")
            .select("u", "g", _AWAY.alias("away"))
        )
        u, g = cells["u"].to_numpy(), cells["g"].to_numpy()
        did, listed = np.zeros((2, *other.responses.residuals.shape))
        did[u, g], listed[u, g] = cells["away"].to_numpy(), 1.0
        whole = other.alike.sum(axis=1, keepdims=True)
        total = other.alike @ listed + SHRINKAGE * whole
        said = np.divide(other.alike @ did, total, out=np.zeros_like(total), where=total > 0)
        asked = evidence.pairs.join(genes, on="gene", how="left", maintain_order="left")["g"]
        at = asked.fill_null(0).to_numpy()
        votes += other.worth * np.where(asked.is_not_null().to_numpy(), said[placed.q, at], 0.0)
        worths += other.worth * other.measured[placed.q, 0]
    return np.divide(votes, worths, out=np.zeros_like(votes), where=worths > 0)
