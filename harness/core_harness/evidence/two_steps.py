"""The two-step vote: its settings, and what they make of the evidence of a block.

Authors of organizers and aggregators find here, too, what it is made of: response profiles, likeness, places
among profiles, and rows of evidence in arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from core_harness.evidence.elsewhere import alike_elsewhere
from core_harness.evidence.evidence import Evidence
from core_harness.evidence.likeness import Likeness
from core_harness.evidence.placing import Placed, cells_of, place, shares
from core_harness.evidence.related import Floats, Matched, matches
from core_harness.evidence.responses import Responses, leading_factors, responses_of
from core_harness.vocabulary import Question

__all__ = [
    "FirstStep",
    "Floats",
    "Likeness",
    "Matched",
    "Placed",
    "Responses",
    "TwoSteps",
    "leading_factors",
    "matches",
    "names_of",
    "place",
    "responses_of",
]


@dataclass(frozen=True, kw_only=True)
class TwoSteps:
    """Settings of the two-step vote. All were chosen on support: ``docs/voting.md``.

    Attributes
    ----------
    power
        Of a relation's weight, where a relative votes itself.
    profile_power
        Of a relation's weight, where a relative's profile is part of what is expected.
    factors
        Factors of the response profiles.
    second_step
        Share of those who respond alike; with 0 relatives alone vote.
    likeness_power
        Of the cosine of two profiles.
    elsewhere
        Share of those who responded alike in other contexts, where the query's perturbation was measured.
    """

    power: float = 2.0
    profile_power: float = 3.0
    factors: int = 60
    second_step: float = 0.7
    likeness_power: float = 2.0
    elsewhere: float = 0.3

    def responses(self, evidence: Evidence, question: Question) -> Responses:
        """Return the response profiles of the units that may vote: those of the queries' own context."""
        own = evidence.support.filter(pl.col("context") == evidence.block.context)
        return responses_of(own, question, factors=self.factors)

    def alike_elsewhere(self, evidence: Evidence, responses: Responses, question: Question) -> Floats:
        """Return (queries, units): shares of those that responded alike in other contexts."""
        return alike_elsewhere(
            evidence.support,
            responses,
            names_of(evidence),
            context=evidence.block.context,
            question=question,
            factors=self.factors,
            power=self.likeness_power,
        )

    def likeness(
        self, evidence: Evidence, responses: Responses, weights: Floats, elsewhere: Floats
    ) -> Likeness:
        """Return the likeness of the units to the queries of a block.

        Parameters
        ----------
        evidence
            With the relations of the first step.
        responses, elsewhere
            As the two methods before return them.
        weights
            (queries, units): of :meth:`FirstStep.weights`.
        """
        return Likeness(
            responses=responses,
            perturbations=names_of(evidence),
            direct=shares(weights**self.power),
            mixture=shares(weights**self.profile_power),
            share=self.second_step,
            elsewhere=elsewhere,
            elsewhere_share=self.elsewhere,
            power=self.likeness_power,
            context=evidence.block.context,
        )


def names_of(evidence: Evidence) -> pl.Series:
    """Return the perturbations of a block's queries, in the order of rows of (queries, units)."""
    return pl.Series("perturbation", evidence.block.perturbations, dtype=pl.String)


class FirstStep:
    """Relations of a block as matrices (queries, units), 0 where there is none.

    Parameters
    ----------
    evidence
        With the relations.
    units
        ``context, perturbation``: the columns.
    """

    def __init__(self, evidence: Evidence, units: pl.DataFrame) -> None:
        names = names_of(evidence)
        self._related = evidence.related()
        self._cells = cells_of(self._related, names, units)
        self._shape = len(names), units.height

    def weights(self, layer: str | None = None) -> Floats:
        """Return the weights, or what one layer of the relations alone says."""
        weight = self._related["weight"]
        if layer is not None:
            weight = self._related["layers"].struct.field(layer).fill_null(0.0)
        matrix = np.zeros(self._shape)
        matrix[self._cells.q, self._cells.u] = weight.to_numpy()[self._cells.row]
        return matrix
