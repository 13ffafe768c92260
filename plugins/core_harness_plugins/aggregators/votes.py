"""Votes on each pair, one by one: what a learned vote is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl

from core_harness import Evidence, Task
from core_harness.data.rates import gene_rate_of, gene_rates, log_odds
from core_harness.evidence.two_steps import (
    Factors,
    FirstStep,
    Floats,
    Placed,
    Places,
    Responses,
    TwoSteps,
    alike_elsewhere,
    names_of,
    place,
)
from core_harness_plugins.aggregators.elsewhere_votes import itself_elsewhere, on_pairs, votes_elsewhere
from core_harness_plugins.aggregators.gene_votes import SHRINKAGE, SPREAD, gene_votes
from core_harness_plugins.aggregators.potency import potency_of

OF_PERTURBATIONS = ("potency", "mass")
"""What is about a perturbation alone, whatever the gene."""


def votes_on(
    task: Task, evidence: Evidence, steps: TwoSteps, *, unlisted_weight: float, potency: bool
) -> dict[str, Floats]:
    """Return votes by name, each an array over the pairs; 0 says nothing.

    ``relatives``: those of the first step alone. ``both steps``, and by each layer of the graph alone.
    ``genes alike`` and ``genes together``: :func:`gene_votes`. Where the support has other contexts,
    ``elsewhere``: who responded alike there, and those of
    :func:`~core_harness_plugins.aggregators.elsewhere_votes.votes_elsewhere`. A vote is its distance from the
    gene's rate, in standard deviations of the gene's labels.

    With ``unlisted_weight``, the first two are there once more with unlisted pairs counted, and ``expected``
    is the profile that is expected of the perturbation, on the gene: it knows which pairs are listed (labels
    permuted within genes, it alone reached .60 on HepG2). With ``potency``, two numbers that are about the
    perturbation alone: the log odds of its relatives' mean rate, and the log of all their weight.

    In a context without any support there are ``itself`` and ``relatives``, both of other contexts.
    """
    own = evidence.support.filter(pl.col("context") == evidence.block.context)
    if own.is_empty():
        return {
            "itself": on_pairs(evidence, itself_elsewhere(evidence)),
            "relatives": _relatives_elsewhere(evidence, steps),
        }
    alone = Evidence(replace(evidence.block, support=own), evidence.relations)
    responses = steps.responses(evidence, task.question)
    first = FirstStep(alone, responses.units)
    placed = place(responses, names_of(evidence), evidence.pairs, own)
    others = steps.elsewhere_of(evidence, responses, task.question)
    elsewhere = alike_elsewhere(others, responses, len(first.weights()))
    count = _Count(alone, placed, responses)
    both = steps.likeness(evidence, responses, first.weights())
    counted = {
        "relatives": count.by_units(both.direct),
        "both steps": count.by_gene(both.weights_on(placed), both.weights),
    }
    unlisted = {
        f"{name}, unlisted": count.vote(sums, unlisted_weight)
        for name, sums in counted.items()
        if unlisted_weight
    }
    for layer in evidence.layers:
        by_layer = steps.likeness(evidence, responses, first.weights(layer))
        counted[f"both steps, {layer}"] = count.by_gene(by_layer.weights_on(placed), by_layer.weights)
    votes = {}
    if others:
        counted["elsewhere"] = count.by_units(elsewhere)
        votes = votes_elsewhere(evidence, others, responses, placed, task.question)
    votes |= {name: count.vote(sums) for name, sums in counted.items()}
    votes |= gene_votes(
        task, alone, steps, responses, placed=placed, weights=first.weights(), elsewhere=elsewhere
    )
    if unlisted_weight:
        votes |= unlisted | {"expected": np.where(count.measured > 0, both.expected_on(placed), 0.0)}
    if potency:
        strength, _ = potency_of(evidence, power=2.0, shrinkage=6.0)
        mass = np.log((first.weights() ** 2).sum(axis=1) + SHRINKAGE)
        votes |= dict(zip(OF_PERTURBATIONS, (log_odds(strength), mass[placed.q]), strict=True))
    return votes


class _Sums(NamedTuple):
    """By pair: weight of voters that moved the gene, of all voters, and of all units, listed or not."""

    moved: Floats
    listed: Floats
    whole: Floats


class _Count:
    """Counts votes of all units but the query's own, by whatever weights, on each pair's gene."""

    def __init__(self, evidence: Evidence, placed: Placed, responses: Responses) -> None:
        self._pair, self._row = _on_the_gene(evidence, placed, responses)
        self._moved = evidence.support["label"].cast(pl.Float64).to_numpy()[self._row]
        self._placed = placed
        self._units = responses.units.height
        rates = gene_rates(evidence.support, shrinkage=0.0)
        listed = evidence.pairs.join(rates, on=["context", "gene"], how="left", maintain_order="left")
        self.measured, self._rate = (listed[name].fill_null(0.0).to_numpy() for name in ("measured", "rate"))

    def by_gene(self, weights: Factors, whole: Floats) -> _Sums:
        """Return sums by weights of pairs and rows of the support; ``whole`` is (queries, units)."""
        weight = weights(self._pair, self._row)
        moved, listed = np.zeros((2, len(self._rate)))
        listed += np.bincount(self._pair, weights=weight, minlength=len(listed))
        moved += np.bincount(self._pair, weights=weight * self._moved, minlength=len(moved))
        return _Sums(moved, listed, whole.sum(axis=1)[self._placed.q])

    def by_units(self, weights: Floats) -> _Sums:
        """Return sums by weights (queries, units)."""
        q, u = self._placed.q, self._placed.u
        return self.by_gene(lambda pair, row: weights[q[pair], u[row]], weights)

    def vote(self, sums: _Sums, unlisted_weight: float = 0.0) -> Floats:
        """Return the distance of a vote from the gene's rate, in standard deviations of the gene's labels."""
        among = self.measured + unlisted_weight * (self._units - self.measured)
        rate = np.divide(self._rate * self.measured, among, out=np.zeros_like(among), where=among > 0)
        listed = sums.listed + unlisted_weight * np.clip(sums.whole - sums.listed, 0.0, None)
        return _away(sums.moved, listed, rate)


def _relatives_elsewhere(evidence: Evidence, steps: TwoSteps) -> Floats:
    """Return the vote of relatives in other contexts, as votes are; 0 where there is none."""
    totals = evidence.totals(power=steps.power)
    rate = gene_rate_of(evidence.pairs, evidence.support).to_numpy()
    moved, whole = totals["w_pos"].to_numpy(), (totals["w_pos"] + totals["w_neg"]).to_numpy()
    return _away(moved, whole, rate)


def _away(moved: Floats, whole: Floats, rate: Floats) -> Floats:
    """Return how far a vote is from a rate, in standard deviations of labels of that rate."""
    vote = (moved + SHRINKAGE * rate) / (whole + SHRINKAGE)
    away: Floats = (vote - rate) / np.sqrt(rate * (1 - rate) + SPREAD)
    return away


def _on_the_gene(evidence: Evidence, placed: Placed, responses: Responses) -> tuple[Places, Places]:
    """Return numbers of pairs and of rows of the support on their genes, other units' than the pair's own."""
    known = evidence.pairs["gene"].is_in(responses.genes.implode()).to_numpy()
    by_gene = np.argsort(placed.g, kind="stable")
    number = np.bincount(placed.g, minlength=len(responses.genes))
    start, count = np.cumsum(number) - number, np.where(known, number[placed.pair_g], 0)
    pair = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(pair)) - (np.cumsum(count) - count)[pair]
    row = by_gene[start[placed.pair_g[pair]] + nth]
    units = responses.units.select("perturbation", pl.int_range(pl.len()).alias("u"))
    own = evidence.pairs.join(units, on="perturbation", how="left", maintain_order="left")["u"].fill_null(-1)
    others = placed.u[row] != own.to_numpy()[pair]
    return pair[others], row[others]
