"""A small form of benchmarks/intervals.py: intervals cover, and equal methods are seldom told apart."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.intervals import GENES, PERTURBATIONS, SIGNALS, outcomes, population, summary, world

from core_harness.metrics import measures
from core_harness.metrics.segments import GENE, with_both_classes

WORLDS = 60


@pytest.mark.slow
@pytest.mark.parametrize("signal", SIGNALS)
def test_intervals_cover_and_tests_are_honest(signal: str) -> None:
    genes = population(SIGNALS[signal], genes=GENES // 6)
    found = summary(outcomes(genes, "macro_gene_auroc", worlds=WORLDS, resamples=150))
    # 120 intervals and 60 tests: wide enough for chance, narrow enough for a wrong formula, and no share
    # of 120 or 60 lies on a bound
    assert 0.89 < found["coverage"] < 0.99
    assert found["false positives"] < 0.13
    assert found["share a rank"] == pytest.approx(1 - found["false positives"])
    assert found["estimated deviation"] == pytest.approx(found["true deviation"], rel=0.15)


def test_worlds_are_laid_out_like_k562() -> None:
    rows, other = world(population(SIGNALS["rising with frequency"]), 0)
    assert rows.drop("score").equals(other.drop("score"))
    evaluable = with_both_classes(rows, GENE)
    counts = evaluable.group_by(GENE).len()["len"]
    positives = evaluable.filter(label=1).group_by(GENE).len()["len"]
    assert rows["perturbation"].n_unique() == PERTURBATIONS
    assert rows.height == pytest.approx(23_212, rel=0.1)
    assert rows.select(GENE).n_unique() == pytest.approx(4_118, rel=0.05)
    assert measures(rows)["macro_gene_auroc"].genes == pytest.approx(665, rel=0.1)
    assert np.median(counts.to_numpy()) == 7
    assert (positives == 1).mean() == pytest.approx(0.5, abs=0.08)
