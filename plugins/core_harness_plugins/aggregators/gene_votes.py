"""Genes vote too: what is said of other genes, by how they respond together with the pair's own."""

from __future__ import annotations

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from core_harness import Evidence, Question, Task
from core_harness.evidence.two_steps import (
    Floats,
    Placed,
    Responses,
    TwoSteps,
    leading_factors,
    unit_rows,
)

PARTS = 5
"""Parts of the support: which genes respond together is read off four, and votes are counted in the fifth."""

GENE_FACTORS = 40
"""Leading factors by which genes are compared; chosen on support."""

SHRINKAGE = 0.01
"""Weight of the gene's rate in a vote of weights that sum to 1: that of ``voting``."""

SPREAD = 1e-3
"""Added to the variance of a gene's labels, so that rates near 0 and 1 have a spread."""

GROUPS = 5
"""Groups of genes: what weighs the votes on a group is read off the other four."""


def gene_votes(
    task: Task, evidence: Evidence, steps: TwoSteps, responses: Responses, *, placed: Placed, weights: Floats
) -> dict[str, Floats]:
    """Return, for each pair, what the votes on other genes say of its gene, in two ways.

    ``genes alike``: the mean of the votes, weighed by the squared cosine of a gene's leading factors with
    those of the pair's gene. A gene that responds the other way has no say (``de``), or votes against it
    (``dir``). ``genes together``: the sum of the voters' labels that all factors carry from other genes to
    the pair's gene (``V V'``, with genes in rows). The pair's own gene has no say in either. Votes are
    distances from a gene's rate, in standard deviations of the gene's labels.

    No label weighs itself: factors of genes are read off units that do not vote then (:data:`PARTS`), weights
    of voters off genes that are not voted on then (:data:`GROUPS`), and votes are labels less the gene's
    rate among those who vote. So with labels permuted within genes nothing is left. (With factors of the
    same rows, which pairs are listed alone reached .60 on HepG2.)

    Parameters
    ----------
    task
        Its seed divides units and genes.
    evidence
        Its support is that of the pairs' own context alone.
    steps
        Settings of the two-step vote, by which voters are weighed.
    responses
        Of :meth:`TwoSteps.responses`.
    placed
        Pairs and support of the evidence among them.
    weights
        (queries, units): of the first step.
    """
    labels = evidence.support["label"].cast(pl.Float64).to_numpy()
    rng = np.random.default_rng([task.seed, 11])
    part = rng.permutation(responses.units.height) % PARTS
    group = rng.permutation(len(responses.genes)) % GROUPS
    moved = np.bincount(placed.g, weights=labels, minlength=len(group))
    rate = moved / np.maximum(np.bincount(placed.g, minlength=len(group)), 1)
    speak = np.flatnonzero((rate > 0) & (rate < 1))  # the others' votes are all at their rate
    if not len(speak):
        return {name: np.zeros(len(placed.q)) for name in ("genes alike", "genes together")}
    speaker = np.full(len(group), -1)
    speaker[speak] = np.arange(len(speak))
    spread = np.sqrt(rate * (1 - rate) + SPREAD)[speak, None]
    voters = _voters(evidence, steps, responses, weights, group)

    def sums(cells: sp.csr_array) -> Floats:
        """Return (speaking genes, queries): sums over units, weighed as voters on the gene."""
        found = np.empty((len(speak), len(voters[0])))
        for one, of_voters in enumerate(voters):
            found[group[speak] == one] = cells[speak[group[speak] == one]] @ of_voters.T
        return found

    shape = responses.residuals.shape
    heard = sums(_cells(placed, np.ones(len(labels)), shape)) + SHRINKAGE
    alike, together = np.zeros((2, len(speak), len(voters[0])))
    for one in range(PARTS):
        votes = _cells(placed, _away(placed, labels, part[placed.u] == one), shape)
        rest = sp.csr_array(responses.residuals[part != one])
        profiles, loadings = leading_factors(rest, steps.factors)
        away = sums(votes) / spread
        weight = _alike(profiles, loadings, speak, task.question)
        alike += weight @ (away / heard) / (np.abs(weight).sum(axis=1, keepdims=True) + 1)
        itself = (loadings[speak] ** 2).sum(axis=1, keepdims=True)
        together += loadings[speak] @ (loadings[speak].T @ away) - itself * away
    measured = evidence.pairs["gene"].is_in(responses.genes.implode()).to_numpy()
    at = np.where(measured, speaker[placed.pair_g], -1)
    said = {"genes alike": alike, "genes together": together}
    return {name: np.where(at >= 0, of[at, placed.q], 0.0) for name, of in said.items()}


def _voters(
    evidence: Evidence, steps: TwoSteps, responses: Responses, weights: Floats, group: NDArray[np.int64]
) -> list[Floats]:
    """Return (queries, units) for each group of genes: weights by the responses of the other groups."""
    others = (responses.without_genes(group == one) for one in range(GROUPS))
    return [steps.likeness(evidence, responses, weights).weights for responses in others]


def _alike(profiles: Floats, loadings: Floats, genes: NDArray[np.int64], question: Question) -> Floats:
    """Return (genes, genes): squared cosines of leading factors, signed in ``dir``, 0 on the diagonal."""
    size = np.sqrt((profiles**2).sum(axis=0))
    first = np.argsort(-size, kind="stable")[:GENE_FACTORS]
    unit = unit_rows((loadings * size)[genes][:, first])
    cosines: Floats = unit @ unit.T
    np.fill_diagonal(cosines, 0.0)
    if question == "de":
        cosines = np.clip(cosines, 0.0, None)
    return np.sign(cosines) * cosines**2


def _away(placed: Placed, labels: Floats, among: NDArray[np.bool_]) -> Floats:
    """Return labels less their gene's rate, both among some of the rows; 0 for the others."""
    number = np.bincount(placed.g, weights=among)
    rate = np.bincount(placed.g, weights=labels * among) / np.maximum(number, 1)
    return np.where(among, labels - rate[placed.g], 0.0)


def _cells(placed: Placed, values: Floats, shape: tuple[int, int]) -> sp.csr_array:
    """Return (genes, units) with the values of the rows of a support."""
    return sp.csr_array((values, (placed.g, placed.u)), shape=shape[::-1])
