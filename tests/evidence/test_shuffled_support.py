"""What the two controls of the support keep, and what they move."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import world

from core_harness.data.rates import gene_rates
from core_harness.data.splits import split_rows
from core_harness.evidence import controls
from core_harness.vocabulary import Control


@given(st.integers(0, 99), st.integers(0, 9))
def test_shuffled_labels_keep_every_genes_rate(world_seed: int, seed: int) -> None:
    support = split_rows(world(seed=world_seed, contexts=("a", "b"))).support
    shuffled = controls.on_support("shuffled-labels", support, seed=seed)
    assert shuffled.drop("label").equals(support.drop("label"))
    assert gene_rates(shuffled).equals(gene_rates(support))
    assert shuffled.equals(controls.on_support("shuffled-labels", support, seed=seed))


@given(st.integers(0, 99), st.integers(0, 9))
def test_a_shuffled_listing_keeps_how_many_pairs_of_a_gene_are_positive_and_negative(
    world_seed: int, seed: int
) -> None:
    support = split_rows(world(seed=world_seed, contexts=("a", "b"))).support
    shuffled = controls.on_support("shuffled-listing", support, seed=seed)
    assert shuffled.schema == support.schema
    assert shuffled.equals(shuffled.sort("context", "perturbation", "gene"))
    counted = ["context", "gene", "label"]
    assert shuffled.select(counted).sort(counted).equals(support.select(counted).sort(counted))
    assert not shuffled.select("context", "perturbation", "gene").is_duplicated().any()
    units = ["context", "perturbation"]
    assert shuffled.join(support, on=units, how="anti").is_empty()  # none of another context
    assert shuffled.equals(controls.on_support("shuffled-listing", support, seed=seed))
    assert shuffled.equals(controls.on_support("shuffled-listing", support.reverse(), seed=seed))


@given(st.integers(0, 99))
def test_where_all_pairs_are_listed_a_shuffled_listing_shuffles_labels(seed: int) -> None:
    listed = split_rows(world(seed=seed)).support
    names, genes = (listed.select(pl.col(name).unique().sort()) for name in ("perturbation", "gene"))
    label = (pl.int_range(pl.len()) % 3 == 0).cast(listed.schema["label"]).alias("label")
    whole = names.join(genes, how="cross").select(pl.lit("c").alias("context"), pl.all(), label)
    shuffled = controls.on_support("shuffled-listing", whole, seed=seed)
    assert shuffled.drop("label").equals(whole.drop("label"))
    assert gene_rates(shuffled).equals(gene_rates(whole))


@pytest.mark.parametrize("control", ["shuffled-labels", "shuffled-listing"])
def test_shuffled_support_moves(control: Control) -> None:
    support = split_rows(world(perturbations=40)).support
    drawn = [controls.on_support(control, support, seed=seed) for seed in range(2)]
    assert not drawn[0].equals(support)
    assert not drawn[0].equals(drawn[1])


@given(st.integers(0, 99))
def test_only_a_shuffled_listing_moves_which_pairs_are_listed(seed: int) -> None:
    support = split_rows(world(seed=seed, perturbations=40)).support
    pairs = ["context", "perturbation", "gene"]
    kept = controls.on_support("shuffled-labels", support, seed=seed).join(support, on=pairs, how="semi")
    moved = controls.on_support("shuffled-listing", support, seed=seed).join(support, on=pairs, how="semi")
    assert kept.height == support.height > moved.height
