"""The second step of a vote: who responds like the relatives of a query votes too.

The first step relates a query's perturbation to measured ones, by a graph or otherwise. The mean response
profile of those relatives is what is expected of the query, and a unit whose own profile is like it speaks
for the query even if no graph knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl

from core_harness.evidence.placing import (
    FirstStep,
    Placed,
    divide,
    one_over_length,
    place,
    products,
    shares,
    squares,
    unit_rows,
)
from core_harness.evidence.related import Factors, Floats, Places
from core_harness.evidence.responses import Responses
from core_harness.schemas import RELATED

LOOKED_AT = 32
"""Relatives among whom :meth:`Likeness.through` looks: they have nearly all of the mixture."""


class Parts(NamedTuple):
    """Parts of the weights of the units, each (queries, units).

    Attributes
    ----------
    direct
        Of relatives themselves.
    indirect
        Of those that respond like the relatives.
    elsewhere
        Of those that responded like the query's perturbation in other contexts.
    """

    direct: Floats
    indirect: Floats
    elsewhere: Floats


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike the profiles of measured units are to those that are expected of queries.

    The gene that is voted on is left out of both profiles: a voter's own label must not decide how much
    the voter counts, or else which pairs are listed does. (With it, the vote reached .51 to .52 on HepG2
    with labels permuted within genes.) ``U S V'`` being the factors of the residuals ``R``, a profile
    without gene ``g`` is ``(U S)[u] - R[u, g] V[g]``.

    Attributes
    ----------
    responses
        Profiles of the units.
    perturbations
        Names of the queries' perturbations: the rows of the arrays.
    direct
        (queries, units): shares of the first step, rows that sum to 1, or to 0 where nothing is related.
    mixture
        (queries, units): with what weight each unit's profile is part of the expected one.
    share
        Share of the second step, from 0 to 1; the first has the rest.
    elsewhere
        (queries, units): shares of those that responded alike in other contexts, rows that sum to 1, or to 0
        where the query's perturbation was not measured there.
    elsewhere_share
        Their share where there are any; both steps have the rest.
    power
        Of the cosine of two profiles; one below 0 counts as 0.
    context
        That of the queries: a perturbation is not alike to itself there.
    """

    responses: Responses
    perturbations: pl.Series
    direct: Floats
    mixture: Floats
    share: float
    elsewhere: Floats
    elsewhere_share: float
    power: float
    context: str

    @cached_property
    def expected(self) -> Floats:
        """(queries, factors): the profile that is expected of each query."""
        return self.mixture @ self.responses.profiles

    @cached_property
    def alike(self) -> Floats:
        """(queries, units): cosines of expected and own profiles, to the power, all genes in them."""
        cosines = unit_rows(self.expected) @ unit_rows(self.responses.profiles).T
        units = self.responses.units
        names = units["perturbation"].to_numpy()[None, :] == self.perturbations.to_numpy()[:, None]
        itself = names & (units["context"].to_numpy() == self.context)
        return np.where(itself, 0.0, np.clip(cosines, 0.0, None) ** self.power)

    @cached_property
    def both(self) -> Floats:
        """(queries, 1): share of both steps, which is all where no unit responded alike elsewhere."""
        somewhere = np.any(self.elsewhere, axis=1, keepdims=True)
        return np.where(somewhere, 1 - self.elsewhere_share, 1.0)

    @cached_property
    def parts(self) -> Parts:
        """Parts of the weights, all genes in the profiles."""
        return Parts(
            direct=self.both * (1 - self.share) * self.direct,
            indirect=self.both * self.share * shares(self.alike),
            elsewhere=self.elsewhere_share * self.elsewhere,
        )

    @property
    def weights(self) -> Floats:
        """(queries, units): the weights, all genes in the profiles."""
        return self.parts.direct + self.parts.indirect + self.parts.elsewhere

    def relations(self, first: FirstStep) -> pl.DataFrame:
        """Return :data:`~core_harness.schemas.RELATIONS` of both steps, sorted.

        ``direct`` is the part of the relatives themselves. Where another part is larger, ``via`` says through
        whom: the relative of :meth:`through`, or the query's own perturbation, in other contexts. Other
        columns of the first step's relations ride along.
        """
        weights = self.weights
        q, u = np.nonzero(weights)
        names, contexts = self.responses.units["perturbation"], self.responses.units["context"]
        largest = np.argmax([part[q, u] for part in self.parts], axis=0)
        reasons = pl.DataFrame(
            {
                "part": largest,
                "relative": names.gather(self.through()[q, u]),
                "itself": self.perturbations.gather(q),
            }
        )
        via = pl.when(pl.col("part") == 1).then("relative").when(pl.col("part") == 2).then("itself")
        row = np.full(weights.shape, -1)
        row[first.cells.q, first.cells.u] = first.cells.row
        rows = pl.Series(row[q, u])
        extra = first.related.drop(*RELATED, "via", "direct", strict=False)
        return pl.DataFrame(
            {
                "perturbation": self.perturbations.gather(q),
                "neighbour": names.gather(u),
                "neighbour_context": contexts.gather(u),
                "weight": weights[q, u],
                "direct": self.parts.direct[q, u],
                "via": reasons.select(via.alias("via")).to_series(),
            }
        ).hstack(extra.select(pl.all().gather(rows.set(rows < 0, None))))

    def through(self) -> Places:
        """Return (queries, units): the relative through whom most of the likeness came, as a unit's row.

        The product of two profiles is a sum over relatives, each with its weight in the mixture; the largest
        term wins, among the relatives of most weight (:data:`LOOKED_AT`). That a unit is like itself says
        nothing, so a relative comes through another one, unless it is the only one.
        """
        products = self.responses.profiles @ self.responses.profiles.T
        who = np.zeros(self.direct.shape, dtype=np.int64)
        if not who.size:
            return who
        for query, mixture in enumerate(self.mixture):
            nearest = np.argsort(-mixture, kind="stable")[:LOOKED_AT]
            nearest = nearest[mixture[nearest] > 0]
            if not len(nearest):
                continue
            terms = mixture[nearest, None] * products[nearest]
            if len(nearest) > 1:
                terms[np.arange(len(nearest)), nearest] = -np.inf
            who[query] = nearest[terms.argmax(axis=0)]
        return who

    def on_gene(self, pairs: pl.DataFrame, support: pl.DataFrame) -> Factors:
        """Return by how much the weight of a unit differs where it speaks of the gene of a pair.

        Parameters
        ----------
        pairs
            Frame of :data:`~core_harness.schemas.PAIRS`, of these perturbations.
        support
            Frame of :data:`~core_harness.schemas.SUPPORT`; weights of units without a profile stay as they
            are.

        Returns
        -------
        A function of row numbers of ``pairs`` and of ``support``, as many of each; the two rows of a place
        are about one gene. It returns the weight with the gene left out over the weight with it.
        """
        placed = place(self.responses, self.perturbations, pairs, support)
        weights, whole = self.weights_on(placed), self.weights.ravel()
        first, known = placed.q * len(self.responses.profiles), bool(placed.known.all())

        def factors(pair: Places, row: Places) -> Floats:
            found = divide(weights(pair, row), whole[first[pair] + placed.u[row]])
            return found if known else np.where(placed.known[row], found, 1.0)

        return factors

    def weights_on(self, placed: Placed) -> Factors:
        """Return the function of the weights themselves, the gene left out."""
        own, expected, loadings = self.responses.profiles, self.expected, self.responses.loadings
        # of each pair: what is expected of its perturbation on the gene, and along the gene
        mixed = np.asarray(self.mixture @ self.responses.residuals)[placed.q, placed.pair_g]
        along = products(expected, placed.q, loadings, placed.pair_g)
        length = squares(loadings)[placed.pair_g]
        size = one_over_length(squares(expected)[placed.q], mixed, along, length)
        mixed, along = size * mixed, size * along

        product = (expected @ own.T).ravel()
        fixed = (self.parts.direct + self.parts.elsewhere).ravel()
        share = divide(self.share * self.both[:, 0], self.alike.sum(axis=1))[placed.q]
        first = placed.q * len(own)

        def weights(pair: Places, row: Places) -> Floats:
            cell = first[pair] + placed.u[row]  # reading matrices by cell is faster than by row and column
            cosine = product[cell] * size[pair] * placed.size[row]
            cosine -= mixed[pair] * placed.along[row] + along[pair] * placed.residual[row]
            found: Floats = fixed[cell] + share[pair] * np.clip(cosine, 0.0, 1.0) ** self.power
            return found

        return weights

    def expected_on(self, placed: Placed) -> Floats:
        """Return what is expected of each pair's perturbation on its gene, the gene in the profiles."""
        return products(self.expected, placed.q, self.responses.loadings, placed.pair_g)

    def renamed(self, codes: Mapping[str, str]) -> Likeness:
        """Return the same under other names."""
        return replace(
            self,
            responses=self.responses.renamed(codes),
            perturbations=self.perturbations.replace(codes),
        )
