"""The two-step vote: its settings, and what they make of the evidence of a block.

Authors of organizers and aggregators find here, too, what it is made of: response profiles, likeness, places
among profiles, and rows of evidence in arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from core_harness.evidence.elsewhere import Elsewhere, alike_elsewhere, elsewhere_of
from core_harness.evidence.evidence import Evidence
from core_harness.evidence.likeness import Likeness
from core_harness.evidence.placing import FirstStep, Placed, names_of, place, shares, squares, unit_rows
from core_harness.evidence.related import Factors, Floats, Matched, Places, matches
from core_harness.evidence.responses import Responses, leading_factors, responses_of
from core_harness.vocabulary import Question

__all__ = [
    "Elsewhere",
    "Factors",
    "FirstStep",
    "Floats",
    "Likeness",
    "Matched",
    "Placed",
    "Places",
    "Responses",
    "TwoSteps",
    "alike_elsewhere",
    "leading_factors",
    "matches",
    "names_of",
    "place",
    "responses_of",
    "squares",
    "unit_rows",
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

    def elsewhere_of(self, evidence: Evidence, responses: Responses, question: Question) -> list[Elsewhere]:
        """Return what each other context says of the queries' perturbations."""
        found = elsewhere_of(
            evidence.support,
            responses,
            names_of(evidence),
            context=evidence.block.context,
            question=question,
            factors=self.factors,
            power=self.likeness_power,
        )
        return list(found)

    def likeness(
        self, evidence: Evidence, responses: Responses, weights: Floats, elsewhere: Floats | None = None
    ) -> Likeness:
        """Return the likeness of the units to the queries of a block.

        Parameters
        ----------
        evidence
            With the relations of the first step.
        responses
            Of :meth:`responses`.
        weights
            (queries, units): of :meth:`FirstStep.weights`.
        elsewhere
            (queries, units): of :func:`alike_elsewhere`; by default no unit responded alike elsewhere.
        """
        return Likeness(
            responses=responses,
            perturbations=names_of(evidence),
            direct=shares(weights**self.power),
            mixture=shares(weights**self.profile_power),
            share=self.second_step,
            elsewhere=np.zeros_like(weights) if elsewhere is None else elsewhere,
            elsewhere_share=self.elsewhere,
            power=self.likeness_power,
            context=evidence.block.context,
        )
