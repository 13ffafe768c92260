"""The settings of the two-step vote, and the likeness that they make of the evidence of a block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from core_harness.errors import PluginError
from core_harness.evidence.elsewhere import alike_elsewhere
from core_harness.evidence.evidence import Evidence
from core_harness.evidence.likeness import Likeness
from core_harness.evidence.placing import cells_of, shares
from core_harness.evidence.related import Floats
from core_harness.evidence.responses import Responses, responses_of
from core_harness.vocabulary import Question


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
            (queries, units): weights of the relations, of :func:`weights_of`.
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


def weights_of(evidence: Evidence, responses: Responses, layer: str | None = None) -> Floats:
    """Return (queries, units): weights of relations, or what one layer alone says; 0 where there is none.

    Raises :class:`~core_harness.errors.PluginError` for a layer that the relations do not have.
    """
    if layer is not None and layer not in evidence.layers:
        raise PluginError(f"evidence has no layer {layer!r} (layers: {', '.join(evidence.layers) or 'none'})")
    related = evidence.related()
    cells = cells_of(related, names_of(evidence), responses.units)
    weight = related["weight"] if layer is None else related["layers"].struct.field(layer).fill_null(0.0)
    matrix = np.zeros((len(names_of(evidence)), responses.units.height))
    matrix[cells.q, cells.u] = weight.to_numpy()[cells.row]
    return matrix
