"""Votes from other contexts, against the definition on small worlds, and what may not reach them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_votes import CONTEXTS, method_of, shown_to, task_of, three_contexts

from core_harness import Evidence
from core_harness.data.rates import gene_rates
from core_harness.evidence.two_steps import TwoSteps, names_of, place
from core_harness_plugins.aggregators.elsewhere_votes import votes_elsewhere
from core_harness_plugins.aggregators.gene_votes import SHRINKAGE, SPREAD

STEPS = TwoSteps(factors=5)
SEEDS = st.integers(0, 20)


def evidence_of(rows: pl.DataFrame) -> Evidence:
    shown = shown_to(method_of("voting-one-step"), rows, task_of(contexts=CONTEXTS))
    return next(iter(shown.evidence))


def votes(evidence: Evidence) -> dict[str, Any]:
    responses = STEPS.responses(evidence, "de")
    own = evidence.support.filter(context=evidence.block.context)
    placed = place(responses, names_of(evidence), evidence.pairs, own)
    return votes_elsewhere(evidence, STEPS.elsewhere_of(evidence, responses, "de"), responses, placed, "de")


def away(label: int, rate: float) -> float:
    return float((label - rate) / np.sqrt(rate * (1 - rate) + SPREAD))


@given(SEEDS)
def test_what_the_perturbation_did_elsewhere_is_a_mean_of_distances_from_rates(seed: int) -> None:
    evidence = evidence_of(three_contexts(seed))
    other = evidence.support.filter(pl.col("context") != evidence.block.context)
    known = other.join(gene_rates(other), on=["context", "gene"])
    said = votes(evidence)["itself"]
    for at in range(0, evidence.pairs.height, 7):
        pair = evidence.pairs.row(at, named=True)
        rows = known.filter(perturbation=pair["perturbation"], gene=pair["gene"])
        wanted = [away(label, rate) for label, rate in rows.select("label", "rate").iter_rows()]
        assert said[at] == pytest.approx(np.mean(wanted) if wanted else 0.0)


@given(SEEDS)
def test_the_vote_in_other_contexts_is_the_mean_by_their_worth(seed: int) -> None:
    evidence = evidence_of(three_contexts(seed))
    responses = STEPS.responses(evidence, "de")
    others = STEPS.elsewhere_of(evidence, responses, "de")
    said = votes(evidence)["elsewhere, there"]
    names = names_of(evidence).to_list()
    for at in range(0, evidence.pairs.height, 11):
        pair = evidence.pairs.row(at, named=True)
        total = worths = 0.0
        for other in others:
            alike = other.alike[names.index(pair["perturbation"])]
            if not alike.any():
                continue
            rows = evidence.support.filter(context=other.responses.units["context"][0], gene=pair["gene"])
            weights = dict(zip(other.responses.units["perturbation"], alike, strict=True))
            rate = rows["label"].mean() if rows.height else 0.0
            votes_there = [
                (weights[name], away(label, rate))  # type: ignore[arg-type]
                for name, label in rows.select("perturbation", "label").iter_rows()
            ]
            weight_of_all = sum(weight for weight, _ in votes_there) + SHRINKAGE * alike.sum()
            total += other.worth * sum(weight * vote for weight, vote in votes_there) / weight_of_all
            worths += other.worth
        assert said[at] == pytest.approx(total / worths if worths else 0.0, abs=1e-9)


def test_what_it_did_to_the_gene_itself_is_not_carried_to_the_gene() -> None:
    evidence = evidence_of(three_contexts())
    there = (pl.col("gene") == "G03") & (pl.col("context") != evidence.block.context)
    turned = pl.when(there).then(1 - pl.col("label")).otherwise("label").cast(pl.UInt8)
    changed = evidence.support.with_columns(turned.alias("label"))
    before, after = (
        votes(evidence),
        votes(Evidence(replace(evidence.block, support=changed), evidence.relations)),
    )
    own = (evidence.pairs["gene"] == "G03").to_numpy()
    for name in ("itself, genes alike", "itself, genes together"):
        assert after[name][own] == pytest.approx(before[name][own], abs=1e-9)
        assert np.abs(after[name][~own] - before[name][~own]).max() > 1e-3


def test_perturbations_that_were_measured_nowhere_else_have_no_votes() -> None:
    rows = three_contexts()
    evidence = evidence_of(rows)
    gone = evidence.pairs["perturbation"][0]
    left = evidence.support.filter(pl.col("perturbation") != gone)
    found = votes(Evidence(replace(evidence.block, support=left), evidence.relations))
    own = (evidence.pairs["perturbation"] == gone).to_numpy()
    assert all((said[own] == 0).all() and (said[~own] != 0).any() for said in found.values())
