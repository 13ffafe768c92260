"""Each check of an audit finds what was put in."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from analysis.scored_pairs import KEY, rows, scored
from hypothesis import given
from hypothesis import strategies as st
from worlds import world

from core_harness import Graph, Layer
from core_harness.analysis.audit.agreement import agreements
from core_harness.analysis.audit.overlap import elsewhere, overlap, synonyms
from core_harness.analysis.audit.recalibration import recalibrated
from core_harness.analysis.audit.strata import BINS, degree, strata, strength
from core_harness.knowledge import Symbols
from core_harness.knowledge.names import Known
from core_harness.metrics import report


def test_overlap_counts_what_both_splits_share() -> None:
    found = overlap(
        rows(
            ("c", "A", "g", 1, "train"),
            ("c", "B", "h", 0, "test"),
            ("c", "B", "g", 0, "test"),
            ("d", "B", "g", 0, "train"),
        )
    )
    assert (found.perturbations, found.pairs, found.unseen_genes) == (0, 0, 1)
    leaking = overlap(
        rows(("c", "A", "g", 1, "train"), ("c", "A", "g", 1, "test"), ("c", "A", "h", 1, "test"))
    )
    assert (leaking.perturbations, leaking.pairs) == (1, 1)


def test_synonyms_across_the_split_are_found() -> None:
    aliases = [("OLD", "NEW"), ("NEW", "NEW"), ("TWO", "X"), ("TWO", "Y"), ("X", "X"), ("Y", "Y")]
    symbols = Symbols.of(pl.DataFrame(aliases, schema=["alias", "approved"], orient="row"))
    found = synonyms(
        rows(
            ("c", "NEW", "g", 1, "train"),
            ("c", "OLD", "g", 0, "test"),
            ("c", "A", "NEW", 0, "test"),
            ("c", "A", "OLD", 0, "test"),
            ("c", "NEW", "OLD", 0, "train"),
            ("d", "OLD", "TWO", 0, "test"),
        ),
        symbols,
        Known.of(symbols),
        "knockdown",
    )
    assert found.across_splits == 1
    assert found.doubled_genes == 1
    assert found.self_pairs == 1
    assert (found.renamed, found.ambiguous) == (1, 1)
    assert "test OLD is train NEW" in found.examples


def test_other_contexts_tell_of_test_perturbations() -> None:
    here = rows(("c", "A", "g", 1, "test"), ("c", "B", "g", 0, "test"), ("c", "C", "g", 0, "train"))
    there = rows(("d", "A", "g", 1, "train"), ("d", "A", "h", 1, "train"), ("d", "B", "g", 1, "test"))
    (found,) = elsewhere(here, pl.concat([here, there]))
    assert (found.context, found.other) == ("c", "d")
    assert (found.in_train, found.perturbations) == (1, 2)
    assert (found.pairs_in_train, found.pairs) == (1, 2)


def test_agreement_of_a_context_with_its_copy_is_perfect() -> None:
    one = world(perturbations=60, contexts=("a",))
    copy = one.with_columns(context=pl.lit("b"))
    turned = one.with_columns(context=pl.lit("t"), label=1 - pl.col("label"))
    found = {(a.context, a.other): a for a in agreements(pl.concat([one, copy, turned]), seed=0, resamples=0)}
    assert len(found) == 6
    assert found["a", "b"].agree == found["a", "b"].kappa == found["a", "b"].macro_gene_auroc.value == 1.0
    assert found["a", "t"].agree == found["a", "t"].macro_gene_auroc.value == 0.0
    assert (found["a", "t"].kappa or 0) < 0
    assert agreements(pl.concat([one, rows(("z", "Z", "Z2", 1, "train"))]), seed=0) == []


def test_recalibration_mends_what_a_curve_can_mend() -> None:
    right = scored(perturbations=200)
    wrong = right.with_columns(score=pl.col("score") ** 4)
    before, after = (
        report(frame, seed=0, resamples=0).metrics for frame in (wrong, recalibrated(wrong, seed=0))
    )
    assert before["ece"].value is not None
    assert after["ece"].value is not None
    assert after["ece"].value < before["ece"].value / 3
    assert after["calibration_ratio"].value == pytest.approx(1, abs=0.02)
    kept = report(recalibrated(right, seed=0), seed=0, resamples=0).metrics["brier"].value
    assert kept == pytest.approx(report(right, seed=0, resamples=0).metrics["brier"].value, abs=0.005)


def test_a_fold_is_recalibrated_without_its_labels() -> None:
    frame = scored()
    first = recalibrated(frame, seed=1).sort(KEY)
    held = frame["perturbation"] == "p007"
    turned = frame.with_columns(
        label=pl.when(held).then(1 - pl.col("label")).otherwise("label").cast(pl.UInt8)
    )
    second = recalibrated(turned, seed=1).sort(KEY)
    at = first["perturbation"] == "p007"
    assert first.filter(at)["score"].equals(second.filter(at)["score"])
    assert not first["score"].equals(second["score"])


@given(st.integers(0, 5), st.randoms())
def test_recalibration_does_not_depend_on_the_order_of_rows(seed: int, random: Any) -> None:
    frame = scored(seed, perturbations=12, genes=4).with_columns(pl.col("score").round(1))
    missing = frame.with_columns(pl.when(pl.col("gene") != "g2").then("score").alias("score"))
    shuffled = missing.sample(fraction=1, shuffle=True, seed=random.randrange(1000))
    assert recalibrated(missing, seed=seed).sort(KEY).equals(recalibrated(shuffled, seed=seed).sort(KEY))
    assert (
        recalibrated(missing, seed=seed)
        .sort(KEY)["score"]
        .is_null()
        .equals(missing.sort(KEY)["score"].is_null())
    )


def test_strata_divide_the_pairs_that_can_be_evaluated() -> None:
    frame = scored()
    found = strata(
        [frame], {"gene frequency": frame.select(*KEY, pl.col("gene_rate").alias("value"))}, seed=0
    )
    assert len(found) == BINS
    assert sum(stratum.genes for stratum in found) == 10
    assert sum(stratum.pairs for stratum in found) == frame.height
    inside = frame.filter(pl.col("gene_rate").is_between(found[1].lowest, found[1].highest))
    estimate = report(inside, seed=0).metrics["macro_gene_auroc"]
    assert (found[1].value, found[1].low, found[1].high) == (estimate.value, estimate.low, estimate.high)


def test_equal_values_are_one_stratum() -> None:
    frame = scored()
    (found,) = strata([frame], {"constant": frame.select(*KEY, pl.lit(3.0).alias("value"))}, seed=0)
    assert (found.lowest, found.highest, found.pairs) == (3.0, 3.0, frame.height)
    nothing = frame.select(*KEY, pl.lit(None, pl.Float64).alias("value"))
    assert strata([frame], {"nothing": nothing}, seed=0) == []


def test_strength_and_degree() -> None:
    frame = scored(perturbations=3, genes=4).with_columns(label=pl.Series([1, 0, 0, 0] + [1] * 4 + [0] * 4))
    assert strength(frame)["value"].unique().sort().to_list() == [0.0, 0.25, 1.0]
    layers = [
        Layer.sets("s", pl.DataFrame({"set": ["x", "y", "x"], "gene": ["p000", "p000", "p001"]})),
        Layer.edges("e", pl.DataFrame({"a": ["p000"], "b": ["q"], "weight": [0.5]})),
    ]
    found = degree(frame, Graph.of(layers)).unique().sort(KEY)
    assert found["value"].to_list() == [3.0] * 4 + [1.0] * 4 + [0.0] * 4
