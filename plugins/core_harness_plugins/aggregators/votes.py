"""Votes on each pair, one by one: what a learned vote is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl

from core_harness import Evidence, Task
from core_harness.data.rates import gene_rates, log_odds
from core_harness.evidence.two_steps import FirstStep, Floats, Matched, TwoSteps, matches, names_of, place
from core_harness_plugins.aggregators.gene_votes import SHRINKAGE, SPREAD, gene_votes
from core_harness_plugins.aggregators.potency import potency_of

OF_PERTURBATIONS = ("potency", "mass")
"""What is about a perturbation alone, whatever the gene."""


class Counted(NamedTuple):
    """Sums by pair: weight of voters that moved the gene, of all voters, and of all units, listed or not."""

    moved: Floats
    heard: Floats
    whole: Floats


def votes_on(
    task: Task, evidence: Evidence, steps: TwoSteps, *, unlisted_weight: float, potency: bool
) -> dict[str, Floats]:
    """Return votes by name, each an array over the pairs; 0 says nothing.

    ``relatives``: those of the first step alone. ``both steps``, and by each layer of the graph alone.
    ``genes alike`` and ``genes together``: :func:`gene_votes`. Where the support has other contexts,
    ``elsewhere``: who responded alike there, and ``itself``: what the perturbation did to the gene there. A
    vote is its distance from the gene's rate, in standard deviations of the gene's labels.

    With ``unlisted_weight``, the first two are there once more with unlisted pairs counted. With ``potency``,
    two numbers that are about the perturbation alone: the log odds of its relatives' mean rate, and the log
    of all their weight.

    In a context without any support there is ``itself`` alone.
    """
    own = evidence.support.filter(pl.col("context") == evidence.block.context)
    if own.is_empty():
        return {"itself": _itself(evidence)}
    responses = steps.responses(evidence, task.question)
    own_evidence = Evidence(replace(evidence.block, support=own), evidence.relations)
    first = FirstStep(own_evidence, responses.units)
    placed = place(responses, names_of(evidence), evidence.pairs, own)
    elsewhere = steps.alike_elsewhere(evidence, responses, task.question)
    found = list(_all_rows(own_evidence))
    label = own["label"].to_numpy()
    rates, units = gene_rates(own, shrinkage=0.0), responses.units.height

    def count(weights: Callable[..., Floats], whole: Floats) -> Counted:
        moved, heard = np.zeros(evidence.pairs.height), np.zeros(evidence.pairs.height)
        for rows in found:
            weight = weights(rows.pair, rows.row)
            heard += np.bincount(rows.pair, weights=weight, minlength=len(heard))
            moved += np.bincount(rows.pair, weights=weight * label[rows.row], minlength=len(moved))
        return Counted(moved, heard, whole.sum(axis=1)[placed.q])

    def by_units(weights: Floats) -> Counted:
        return count(lambda pair, row: weights[placed.q[pair], placed.u[row]], weights)

    listed = evidence.pairs.join(rates, on=["context", "gene"], how="left", maintain_order="left")
    measured, rate = (listed[name].fill_null(0.0).to_numpy() for name in ("measured", "rate"))
    votes: dict[str, Floats] = {}
    counted: dict[str, Counted] = {}
    for name, layer in {"both steps": None, **{f"both steps, {one}": one for one in evidence.layers}}.items():
        weights = first.weights(layer)
        likeness = steps.likeness(evidence, responses, weights)
        if layer is None:
            counted["relatives"] = by_units(likeness.direct)
        counted[name] = count(likeness.weights_on(placed), likeness.weights)
    if own.height < evidence.support.height:
        counted["elsewhere"] = by_units(elsewhere)
        votes["itself"] = _itself(evidence)
    for name, sums in counted.items():
        votes[name] = _vote(sums, rate, 0.0, measured, units)
        if unlisted_weight and name in {"relatives", "both steps"}:
            votes[f"{name}, unlisted"] = _vote(sums, rate, unlisted_weight, measured, units)
    votes |= gene_votes(task, own_evidence, steps, responses, placed=placed, weights=first.weights())
    if potency:
        strength, _ = potency_of(evidence, power=2.0, shrinkage=6.0)
        votes["potency"] = log_odds(strength)
        votes["mass"] = np.log((first.weights() ** 2).sum(axis=1) + SHRINKAGE)[placed.q]
    return votes


def _vote(sums: Counted, rate: Floats, unlisted_weight: float, measured: Floats, units: int) -> Floats:
    """Return the distance of a vote from the gene's rate, in standard deviations of the gene's labels."""
    among = measured + unlisted_weight * (units - measured)
    rate = np.divide(rate * measured, among, out=np.zeros_like(rate), where=among > 0)
    unheard = np.clip(sums.whole - sums.heard, 0.0, None)
    heard = sums.heard + unlisted_weight * unheard
    vote = (sums.moved + SHRINKAGE * rate) / (heard + SHRINKAGE)
    away: Floats = (vote - rate) / np.sqrt(rate * (1 - rate) + SPREAD)
    return away


def _itself(evidence: Evidence) -> Floats:
    """Return what each pair's perturbation did to the gene in other contexts: mean standardised residual."""
    other = evidence.support.filter(pl.col("context") != evidence.block.context)
    rate = pl.col("rate")
    away = (pl.col("label") - rate) / (rate * (1 - rate) + SPREAD).sqrt()
    said = (
        other.join(gene_rates(other), on=["context", "gene"])
        .group_by("perturbation", "gene")
        .agg(away.mean().alias("away"))
    )
    found = evidence.pairs.join(said, on=["perturbation", "gene"], how="left", maintain_order="left")
    return found["away"].fill_null(0.0).to_numpy()


def _all_rows(evidence: Evidence) -> Iterator[Matched]:
    """Yield all rows of the support about each pair's gene, from all units but the query's own."""
    units = evidence.support.select(pl.col("perturbation").alias("neighbour"), "context").unique()
    names = evidence.pairs.select("perturbation").unique()
    every = names.join(units, how="cross").filter(pl.col("perturbation") != pl.col("neighbour"))
    yield from matches(evidence.block, every.with_columns(pl.lit(1.0).alias("weight")))
