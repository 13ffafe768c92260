"""Shrunk rates."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import world

from core_harness.data.rates import gene_rate_of, gene_rates, perturbation_rates, prevalence_of


@given(st.integers(0, 50), st.floats(0.01, 10))
def test_a_rate_is_the_shrunk_mean(seed: int, shrinkage: float) -> None:
    support = world(seed=seed, contexts=("a", "b")).drop("split")
    rates = gene_rates(support, shrinkage=shrinkage)
    for context, gene, measured, rate in rates.sample(5, seed=seed).iter_rows():
        labels = support.filter((pl.col("context") == context) & (pl.col("gene") == gene))["label"]
        base = support.filter(pl.col("context") == context)["label"].mean()
        assert isinstance(base, float)
        assert measured == len(labels)
        assert rate == pytest.approx((float(labels.sum()) + shrinkage * base) / (len(labels) + shrinkage))


def test_a_gene_or_context_without_support_falls_back_to_a_prevalence() -> None:
    support = world(contexts=("a", "b")).drop("split")
    pairs = pl.DataFrame({"context": ["a", "new"], "gene": ["never", "never"]})
    base = support.filter(pl.col("context") == "a")["label"].mean()
    assert gene_rate_of(pairs, support).to_list() == pytest.approx([base, support["label"].mean()])
    assert prevalence_of(pairs, support).to_list() == pytest.approx([base, support["label"].mean()])


def test_perturbation_rates_count_over_genes() -> None:
    support = world().drop("split")
    one = support.filter(pl.col("perturbation") == "P01")
    row = perturbation_rates(support, shrinkage=0.0).filter(pl.col("perturbation") == "P01")
    assert row["measured"].item() == one.height
    assert row["rate"].item() == pytest.approx(one["label"].mean())
