"""The evidence of the two-step vote: relatives, and those who respond like them."""

from __future__ import annotations

import polars as pl

from core_harness import Evidence, Task
from core_harness.errors import UsageError
from core_harness.evidence.likeness import Likeness, shares, unit_matrix
from core_harness.evidence.responses import responses_of
from core_harness_plugins.organizers.voters import Voters


class Responders(Voters):
    """Related perturbations, and all whose measured responses are like those of the relatives.

    With ``w`` the weight of a relation, ``D = w ** power`` and ``M = w ** profile_power``, both divided by
    their sum over a query's relatives: the mean of the relatives' response profiles, weighed by ``M``, is
    what is expected of the query, and ``C`` is the cosine of that with the profile of a measured unit ``u``
    (0 where it is negative). The weight of ``u`` becomes::

        (1 - second_step) * D[u] + second_step * C[u] ** likeness_power / sum of the same over all units

    so weights of a query sum to 1. Profiles are residuals of the support in ``factors`` factors
    (:mod:`core_harness.evidence.responses`), and the gene that is voted on is left out of them
    (:mod:`core_harness.evidence.likeness`). Relations say how much of a weight is ``direct``, and through
    which relative (``via``) most of the rest came, where the rest is more.

    Any retriever's relations will do. All values were chosen on support: ``docs/voting.md``.

    Parameters
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
    graded, facts, reasons, samples
        As in :class:`Voters`.
    """

    def __init__(
        self,
        *,
        power: float = 2.0,
        profile_power: float = 3.0,
        factors: int = 60,
        second_step: float = 0.7,
        likeness_power: float = 2.0,
        graded: int = 50,
        facts: int = 12,
        reasons: int = 4,
        samples: int = 1,
    ) -> None:
        super().__init__(graded=graded, facts=facts, reasons=reasons, samples=samples)
        self.power = power
        self.profile_power = profile_power
        self.factors = factors
        self.second_step = second_step
        self.likeness_power = likeness_power

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the evidence with the weights of both steps.

        Raises :class:`~core_harness.errors.UsageError` for parameters out of range.
        """
        if not 0 <= self.second_step <= 1 or self.factors < 1:
            raise UsageError(
                f"organizer 'responders', second_step={self.second_step}, factors={self.factors}: the first "
                "must be from 0 to 1, the second at least 1"
            )
        responses = responses_of(evidence.support, task.question, factors=self.factors)
        related = evidence.related()
        names = pl.Series("perturbation", evidence.block.perturbations, dtype=pl.String)
        weight = unit_matrix(related, names, responses.units)
        likeness = Likeness(
            responses=responses,
            perturbations=names,
            direct=shares(weight**self.power),
            mixture=shares(weight**self.profile_power),
            share=self.second_step,
            power=self.likeness_power,
            context=evidence.block.context,
        )
        return Evidence(evidence.block, likeness.relations(related), on_gene=likeness)
