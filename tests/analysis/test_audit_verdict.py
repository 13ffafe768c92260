"""The verdict of an audit says what its figures say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from analysis.scored_pairs import scored

from core_harness.analysis.audit.controls import Controlled
from core_harness.analysis.audit.reasons import judge_run
from core_harness.analysis.audit.recalibration import recalibrated
from core_harness.analysis.audit.strata import Stratum
from core_harness.evaluation.verdict import Basis
from core_harness.metrics import report
from core_harness.schemas import Task

TASK = Task(
    dataset="d", question="de", agent="knockdown", regime="unseen-perturbation", seed=0, simulated=False
)


def judged(frame: pl.DataFrame, **choices: Any) -> tuple[str, str]:
    before = report(frame, seed=0, resamples=200)
    found = judge_run(
        Basis.of(before.as_dict(), ended=None, simulated=()),
        choices.pop("task", TASK),
        before,
        report(recalibrated(frame, seed=0), seed=0, resamples=0),
        controls=choices.pop("controls", ()),
        strata=choices.pop("strata", ()),
        beyond_contrast=choices.pop("beyond_contrast", ()),
    )
    return found.sentence, "\n".join(found.reasons)


def test_the_verdict_rests_on_ranks_within_genes() -> None:
    right = scored()
    turned = right.with_columns(score=1 - pl.col("score"))
    by_gene = right.with_columns(score=pl.col("gene_rate"), label=(pl.col("gene_rate") > 0.45).cast(pl.UInt8))
    assert judged(right)[0] == "The scores tell perturbations of the same gene apart."
    assert judged(turned)[0].endswith("the wrong way round.")
    assert judged(right.with_columns(score=pl.lit(0.5)))[0].startswith("Not shown")
    assert judged(by_gene)[0].startswith("No verdict: too few genes")


def test_a_method_that_says_yes_too_often_is_told() -> None:
    eager = scored().with_columns(score=0.5 + pl.col("score") / 2)
    assert "It overestimates: yes at .5 is said" in judged(eager)[1]
    assert "its calibration error goes from 0.2" in judged(eager)[1]
    shy = scored().with_columns(score=pl.col("score") / 2)
    assert "It underestimates" in judged(shy)[1]
    assert "no probabilities" in judged(scored().with_columns(score=2 * pl.col("score")))[1]
    assert "estimates" not in judged(scored(perturbations=300))[1]


def test_strength_alone_is_told() -> None:
    strong = pl.col("perturbation").rank("dense") / 60
    frame = scored().with_columns(score=strong)
    chance = np.random.default_rng(0).random(frame.height)
    frame = frame.with_columns(label=(pl.Series(chance) < strong).cast(pl.UInt8))
    assert "it rests on the strength of perturbations" in judged(frame)[1]
    assert "it rests on the strength" not in judged(scored())[1]


def test_a_control_that_changes_nothing_is_told() -> None:
    unmoved = Controlled(control="shuffled-labels", value=0.7, low=0.6, high=0.8, lost=0.01, p=0.6)
    moved = replace(unmoved, value=0.5, lost=0.2, p=0.001)
    assert "the score does not come from the evidence" in judged(scored(), controls=[unmoved])[1]
    assert "so the evidence is used" in judged(scored(), controls=[moved])[1]
    missing = Controlled(control="random-neighbours", missing="not run")
    assert "Not controlled by random-neighbours" in judged(scored(), controls=[moved, missing])[1]


def test_what_is_declared_is_told() -> None:
    both = judged(scored(), beyond_contrast=("potency", "unlisted pairs"))[1]
    assert "It declares that it uses potency and unlisted pairs: it is no pure contrast." in both
    assert "declares" not in judged(scored())[1]


def test_where_unlisted_pairs_are_used_the_listing_is_what_is_shuffled() -> None:
    labels = Controlled(control="shuffled-labels", value=0.6, low=0.5, high=0.7, lost=0.01, p=0.6)
    listing = replace(labels, control="shuffled-listing", value=0.5, lost=0.2, p=0.001)
    uses = judged(scored(), controls=[labels, listing], beyond_contrast=("unlisted pairs",))[1]
    assert "Under shuffled-listing it is 0.500 (-0.200), so the evidence is used." in uses
    assert "Under shuffled-labels it is 0.600; that control keeps which pairs are listed" in uses
    assert "does not come from the evidence" not in uses
    for declared in ((), ("potency",)):
        other = judged(scored(), controls=[labels, listing], beyond_contrast=declared)[1]
        assert "shuffled-listing" not in other
        assert "Under shuffled-labels it is 0.600 (-0.010), so the score does not come" in other
    missing = Controlled(control="shuffled-listing", missing="not run")
    uncontrolled = judged(scored(), controls=[labels, missing], beyond_contrast=("unlisted pairs",))[1]
    assert "Not controlled by shuffled-listing" in uncontrolled


def test_skill_that_is_confined_is_told() -> None:
    at_chance = Stratum(by="x", lowest=0, highest=1, value=0.5, low=0.4, high=0.6, genes=9, pairs=99)
    good = replace(at_chance, lowest=2, highest=3, value=0.7, low=0.6, high=0.8)
    assert "Not above chance where x is 0 to 1." in judged(scored(), strata=[at_chance, good])[1]
    assert "Not above chance" not in judged(scored(), strata=[good, replace(good, lowest=4)])[1]


def test_unanswered_pairs_and_the_regime_are_told() -> None:
    partly = scored().with_columns(pl.when(pl.col("gene") != "g3").then("score").alias("score"))
    assert "Only 540 of 600 pairs are answered; with the others counted as wrong" in judged(partly)[1]
    assert "may have been measured" in judged(scored(), task=replace(TASK, regime="cross-context"))[1]
    assert "not declared" in judged(scored(), task=replace(TASK, regime="undeclared"))[1]
