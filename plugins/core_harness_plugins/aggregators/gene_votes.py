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
    Places,
    Responses,
    TwoSteps,
    leading_factors,
    squares,
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
    task: Task,
    evidence: Evidence,
    steps: TwoSteps,
    responses: Responses,
    *,
    placed: Placed,
    weights: Floats,
    elsewhere: Floats | None = None,
) -> dict[str, Floats]:
    """Return, for each pair, what the votes on other genes say of its gene, in two ways.

    ``genes alike``: the mean of the votes, weighed by the squared cosine of a gene's leading factors with
    those of the pair's gene. A gene that responds the other way has no say (``de``), or votes against it
    (``dir``). ``genes together``: the sum of the voters' labels that all factors carry from other genes to
    the pair's gene (``V V'``, with genes in rows). The pair's own gene has no say in either, nor have genes
    of one class, but these are voted on. Votes are distances from a gene's rate, in standard deviations of
    the gene's labels.

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
    elsewhere
        (queries, units): shares of those that responded alike in other contexts; None: none did.
    """
    labels = evidence.support["label"].cast(pl.Float64).to_numpy()
    rng = np.random.default_rng([task.seed, 11])
    part = rng.permutation(responses.units.height) % PARTS
    group = rng.permutation(len(responses.genes)) % GROUPS
    moved = np.bincount(placed.g, weights=labels, minlength=len(group))
    rate = moved / np.maximum(np.bincount(placed.g, minlength=len(group)), 1)
    both = np.flatnonzero((rate > 0) & (rate < 1))  # the others' votes are all at their rate
    asked = AskedGenes(evidence, responses, placed)
    spread = np.sqrt(rate * (1 - rate) + SPREAD)[both, None]
    without = (responses.without_genes(group == one) for one in range(GROUPS))
    # of each group of genes: (queries, units), weights by the responses of the other groups
    voters = [steps.likeness(evidence, others, weights, elsewhere).weights for others in without]

    def sums(cells: sp.csr_array) -> Floats:
        """Return (genes of both classes, queries): sums over units, weighed as voters on the gene."""
        found = np.empty((len(both), len(weights)))
        for one, of_voters in enumerate(voters):
            found[group[both] == one] = cells[both[group[both] == one]] @ of_voters.T
        return found

    shape = responses.residuals.shape
    total = sums(_cells(placed, np.ones(len(labels)), shape)) + SHRINKAGE
    alike, together = np.zeros((2, len(asked.genes), len(weights)))
    itself = np.nonzero(asked.genes[:, None] == both)
    for one in range(PARTS):
        votes = _cells(placed, _away(placed, labels, part[placed.u] == one), shape)
        rest = sp.csr_array(responses.residuals[part != one])
        profiles, loadings = leading_factors(rest, steps.factors)
        away = sums(votes) / spread
        weight = genes_alike(profiles, loadings, task.question, of=asked.genes, on=both)
        alike += weight @ (away / total) / (np.abs(weight).sum(axis=1, keepdims=True) + 1)
        together += loadings[asked.genes] @ (loadings[both].T @ away)
        together[itself[0]] -= squares(loadings[both])[itself[1], None] * away[itself[1]]
    return {"genes alike": asked.on_pairs(alike), "genes together": asked.on_pairs(together)}


class AskedGenes:
    """The genes with a profile that pairs ask about, as rows of what is computed gene by gene.

    Attributes
    ----------
    genes
        Their numbers among the profiles, ascending.
    """

    def __init__(self, evidence: Evidence, responses: Responses, placed: Placed) -> None:
        self._known = evidence.pairs["gene"].is_in(responses.genes.implode()).to_numpy()
        self._placed = placed
        self.genes = np.unique(placed.pair_g[self._known])

    def on_pairs(self, said: Floats) -> Floats:
        """Return what is said of each pair, from (genes, queries); 0 where its gene has no profile."""
        found = np.zeros(len(self._known))
        at = np.searchsorted(self.genes, self._placed.pair_g[self._known])
        found[self._known] = said[at, self._placed.q[self._known]]
        return found


def genes_alike(profiles: Floats, loadings: Floats, question: Question, *, of: Places, on: Places) -> Floats:
    """Return squared cosines of the leading factors of genes, signed in ``dir``, 0 of a gene with itself.

    Parameters
    ----------
    profiles
        (units, factors): their lengths say which factors lead.
    loadings
        (genes, factors).
    question
        In ``de`` a gene that responds the other way counts as 0.
    of, on
        Numbers of the genes in the rows and in the columns of what is returned.
    """
    lengths = np.sqrt((profiles**2).sum(axis=0))
    first = np.argsort(-lengths, kind="stable")[:GENE_FACTORS]
    unit = unit_rows((loadings * lengths)[:, first])
    cosines: Floats = unit[of] @ unit[on].T
    cosines[of[:, None] == on] = 0.0
    cosines *= np.abs(cosines) if question == "dir" else np.clip(cosines, 0.0, None)
    return cosines


def _away(placed: Placed, labels: Floats, among: NDArray[np.bool_]) -> Floats:
    """Return labels less their gene's rate, both among some of the rows; 0 for the others."""
    number = np.bincount(placed.g, weights=among)
    rate = np.bincount(placed.g, weights=labels * among) / np.maximum(number, 1)
    return np.where(among, labels - rate[placed.g], 0.0)


def _cells(placed: Placed, values: Floats, shape: tuple[int, int]) -> sp.csr_array:
    """Return (genes, units) with the values of the rows of a support."""
    return sp.csr_array((values, (placed.g, placed.u)), shape=shape[::-1])
