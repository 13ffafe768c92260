"""Genes vote too: what is said of other genes, by how they respond together with the pair's own."""

from __future__ import annotations

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness import Evidence, Task
from core_harness.evidence.two_steps import (
    FirstStep,
    Floats,
    Placed,
    Responses,
    TwoSteps,
    leading_factors,
    names_of,
    place,
)

PARTS = 5
"""Parts of the support: which genes respond together is read off four, and votes are counted in the fifth."""

GROUPS = 5
"""Groups of genes: what weighs the votes on a group is read off the other four."""


def gene_votes(task: Task, evidence: Evidence, steps: TwoSteps, responses: Responses) -> Floats:
    """Return, for each pair, what the votes on other genes say of its gene.

    A gene that responds together with the pair's gene speaks for it, one that responds the other way speaks
    against it: ``V V'`` of the leading factors (genes in rows) tells which is which. The pair's own gene
    has no say.

    No label weighs itself: factors are read off units that do not vote then (:data:`PARTS`), weights of
    voters off genes that are not voted on then (:data:`GROUPS`), and votes are labels less the gene's
    rate among those who vote. So with labels permuted within genes nothing is left. (With factors of the
    same rows, which pairs are listed alone reached .60 on HepG2.)

    Parameters
    ----------
    task
        Its seed divides units and genes.
    evidence
        With the relations of the first step.
    steps
        Settings of the two-step vote, by which voters are weighed.
    responses
        Of :meth:`TwoSteps.responses`.
    """
    own = evidence.support.filter(pl.col("context") == evidence.block.context)
    placed = place(responses, names_of(evidence), evidence.pairs, own)
    labels = own["label"].cast(pl.Float64).to_numpy()
    spread = responses.spread[:, None]
    weights = FirstStep(evidence, responses.units).weights()
    rng = np.random.default_rng([task.seed, 11])
    part = rng.permutation(responses.units.height) % PARTS
    group = rng.permutation(len(responses.genes)) % GROUPS

    voters = []
    for one in range(GROUPS):
        others = responses.without_genes(group == one)
        likeness = steps.likeness(evidence, others, weights, np.zeros_like(weights))
        voters.append(np.sum(likeness.parts(), axis=0))
    said = np.zeros(evidence.pairs.height)
    for one in range(PARTS):
        votes = _votes(placed, labels, part[placed.u] == one, responses.residuals.shape)
        moved = np.zeros((len(responses.genes), len(weights)))
        for number, of_voters in enumerate(voters):
            moved[group == number] = votes[group == number] @ of_voters.T
        moved = np.divide(moved, spread, out=np.zeros_like(moved), where=spread > 0)
        rest = sp.csr_array(responses.residuals[part != one])
        _, loadings = leading_factors(rest, steps.factors)
        itself = (loadings**2).sum(axis=1)[:, None] * moved
        said += (loadings @ (loadings.T @ moved) - itself)[placed.pair_g, placed.q]
    return np.where(evidence.pairs["gene"].is_in(responses.genes.implode()).to_numpy(), said, 0.0)


def _votes(placed: Placed, labels: Floats, among: NDArray[np.bool_], shape: tuple[int, int]) -> sp.csr_array:
    """Return (genes, units): labels less their gene's rate, both among some of the rows."""
    u, g, labels = placed.u[among], placed.g[among], labels[among]
    number = np.bincount(g, minlength=shape[1])
    rate = np.bincount(g, weights=labels, minlength=shape[1]) / np.maximum(number, 1)
    return sp.csr_array((labels - rate[g], (g, u)), shape=shape[::-1])
