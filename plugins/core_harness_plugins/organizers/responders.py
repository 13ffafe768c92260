"""The evidence of the two-step vote: relatives, and those who respond like them."""

from __future__ import annotations

from dataclasses import fields

import polars as pl

from core_harness import Evidence, Facts, Task
from core_harness.evidence.two_steps import FirstStep, TwoSteps, alike_elsewhere
from core_harness.plugins.limits import Count, NotNegative, Positive, Samples, Share
from core_harness_plugins.organizers.voters import Voters


class Responders(Voters):
    """Related perturbations, and all whose measured responses are like those of the relatives.

    With ``w`` the weight of a relation, ``D = w ** power`` and ``M = w ** profile_power``, both divided by
    their sum over a query's relatives: the mean of the relatives' response profiles, weighed by ``M``, is
    what is expected of the query, and ``C`` is the cosine of that with the profile of a measured unit ``u``
    (0 where it is negative). The weight of ``u`` becomes::

        (1 - second_step) * D[u] + second_step * C[u] ** likeness_power / sum of the same over all units

    so these weights of a query sum to 1. Profiles are residuals of the support in ``factors`` factors
    (:mod:`core_harness.evidence.responses`), and the gene that is voted on is left out of them
    (:mod:`core_harness.evidence.likeness`). Relations say how much of a weight is ``direct``, and through
    which relative (``via``) most of the rest came, where the rest is more.

    Where the support has other contexts and the query's perturbation was measured there, those that
    responded like it there have the share ``elsewhere`` of the weight
    (:mod:`core_harness.evidence.elsewhere`), and what it did there itself has ``itself``, beside the rest.
    Units of the query's own context vote, and no others. Where none of them was measured (``unseen-context``,
    ``unseen-both``), the relatives themselves vote from the contexts in which they were, and what the query's
    perturbation did there has the weight ``itself_unseen``.

    Any retriever's relations will do. All values were chosen on support: ``docs/voting.md``.

    Parameters
    ----------
    power, profile_power, factors, second_step, likeness_power, elsewhere
        As in :class:`~core_harness.evidence.two_steps.TwoSteps`.
    itself
        Weight of the query's own perturbation in other contexts, all together.
    itself_unseen
        The same where nothing of the query's context was measured.
    graded, facts, reasons, samples
        As in :class:`Voters`.
    """

    def __init__(
        self,
        *,
        power: Positive = TwoSteps.power,
        profile_power: Positive = TwoSteps.profile_power,
        factors: Count = TwoSteps.factors,
        second_step: Share = TwoSteps.second_step,
        likeness_power: Positive = TwoSteps.likeness_power,
        elsewhere: Share = TwoSteps.elsewhere,
        itself: NotNegative = 0.03,
        itself_unseen: NotNegative = 1.0,
        graded: int = 50,
        facts: int = 12,
        reasons: int = 4,
        samples: Samples = 1,
    ) -> None:
        super().__init__(graded=graded, facts=facts, reasons=reasons, samples=samples)
        self.power = power
        self.profile_power = profile_power
        self.factors = factors
        self.second_step = second_step
        self.likeness_power = likeness_power
        self.elsewhere = elsewhere
        self.itself = itself
        self.itself_unseen = itself_unseen

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        """Return the evidence with the weights of both steps."""
        steps = TwoSteps(**{one.name: getattr(self, one.name) for one in fields(TwoSteps)})
        responses = steps.responses(evidence, task.question)
        if responses.units.is_empty():
            return Evidence(evidence.block, self._from_elsewhere(evidence))
        first = FirstStep(evidence, responses.units)
        weights = first.weights()
        others = steps.elsewhere_of(evidence, responses, task.question)
        elsewhere = alike_elsewhere(others, responses, len(weights))
        likeness = steps.likeness(evidence, responses, weights, elsewhere)
        relations = [likeness.relations(first), _itself(evidence, self.itself)]
        return Evidence(evidence.block, pl.concat(relations, how="diagonal"), on_gene=likeness)

    def prompts(self, task: Task, evidence: Evidence, facts: Facts) -> pl.DataFrame:
        """Return one prompt a perturbation, about its relatives: whatever the labels, they are the same."""
        direct = evidence.relations.with_columns(pl.col("direct").alias("weight"))
        return super().prompts(task, Evidence(evidence.block, direct), facts)

    def _from_elsewhere(self, evidence: Evidence) -> pl.DataFrame:
        """Return relations to units of other contexts, where the query's own has none."""
        related = evidence.related().rename({"context": "neighbour_context"})
        weight = pl.col("weight") ** self.power
        share = (weight / weight.sum().over("perturbation")).alias("weight")
        order = ["perturbation", "neighbour_context", "neighbour"]
        shared = related.sort(order).with_columns(share, share.alias("direct"))
        return pl.concat([shared, _itself(evidence, self.itself_unseen)], how="diagonal")


def _itself(evidence: Evidence, total: float) -> pl.DataFrame:
    """Return relations of the queries' perturbations to themselves in other contexts, ``total`` for each."""
    asked = evidence.pairs.select("perturbation").unique()
    units = evidence.support.select("perturbation", pl.col("context").alias("neighbour_context")).unique()
    weight = total / pl.len().over("perturbation")
    return (
        units.filter(pl.col("neighbour_context") != evidence.block.context)
        .join(asked, on="perturbation", how="semi")
        .sort("perturbation", "neighbour_context")
        .with_columns(
            pl.col("perturbation").alias("neighbour"), weight.alias("weight"), weight.alias("direct")
        )
        .filter(pl.col("weight") > 0)
    )
