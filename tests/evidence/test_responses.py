"""Response profiles and the second step of a vote: arrays say what a loop over the definition says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from worlds import world

from core_harness.data.rates import gene_rates
from core_harness.data.splits import blocks, split_rows
from core_harness.evaluation.checks import check_relations
from core_harness.evidence.evidence import Evidence
from core_harness.evidence.likeness import Likeness
from core_harness.evidence.placing import shares
from core_harness.evidence.related import Floats
from core_harness.evidence.responses import UNLISTED_WEIGHT, Responses, responses_of
from core_harness.evidence.two_steps import FirstStep, names_of
from core_harness.schemas import EVIDENCE
from core_harness.vocabulary import Question

SEEDS = st.integers(0, 40)


def support_of(seed: int, contexts: tuple[str, ...] = ("c",)) -> pl.DataFrame:
    return world(seed=seed, contexts=contexts).drop("split")


def likeness_of(
    seed: int, *, factors: int = 4, share: float = 0.6, power: float = 2.0
) -> tuple[Likeness, FirstStep, Evidence]:
    """Return the second step of random relations where there is no structure, the first, and its evidence."""
    split = split_rows(world(seed=seed, contexts=("c", "d")))
    block = next(iter(blocks(split.queries, split.support, support_contexts=("d",))))
    rng = np.random.default_rng(seed)
    pairs = pl.DataFrame({"perturbation": block.perturbations}).join(
        block.support.select(
            pl.col("perturbation").alias("neighbour"), pl.col("context").alias("neighbour_context")
        )
        .unique()
        .sort(pl.all()),
        how="cross",
    )
    weight = rng.random(pairs.height) * (rng.random(pairs.height) < 0.7)
    evidence = Evidence(block, pairs.with_columns(pl.Series("weight", weight)))
    responses = responses_of(block.support.filter(context=block.context), "de", factors=factors)
    first = FirstStep(evidence, responses.units)
    names, matrix = names_of(evidence), first.weights()
    likeness = Likeness(
        responses=responses, perturbations=names, direct=shares(matrix), mixture=shares(matrix**2),
        share=share, elsewhere=np.zeros_like(matrix), elsewhere_share=0.0, power=power, context=block.context,
    )  # fmt: skip
    return likeness, first, evidence


@given(SEEDS)
def test_a_residual_is_a_label_beside_its_genes_rate(seed: int) -> None:
    support = support_of(seed)
    found = responses_of(support, "de", factors=3)
    rates = gene_rates(support, unlisted_weight=UNLISTED_WEIGHT)
    row_of = {unit: at for at, unit in enumerate(found.units.iter_rows())}
    column_of = {gene: at for at, gene in enumerate(found.genes)}
    dense = found.residuals.toarray()
    assert np.count_nonzero(dense) == support.height
    for context, perturbation, gene, label, rate in (
        support.join(rates, on=["context", "gene"])
        .select("context", "perturbation", "gene", "label", "rate")
        .iter_rows()
    ):
        value = dense[row_of[context, perturbation], column_of[gene]]
        assert value == pytest.approx((label - rate) / np.sqrt(rate * (1 - rate)))


@given(SEEDS, st.sampled_from(["de", "dir"]), st.integers(1, 30))
def test_factors_are_the_leading_ones(seed: int, question: Question, factors: int) -> None:
    found = responses_of(support_of(seed), question, factors=factors)
    left, size, right = np.linalg.svd(found.residuals.toarray(), full_matrices=False)
    number = min(factors, len(size))
    best = left[:, :number] * size[:number] @ right[:number]
    kept = found.loadings.shape[1]
    assert kept == min(factors, *found.residuals.shape)
    assert np.allclose(found.loadings.T @ found.loadings, np.eye(kept), atol=1e-8)
    assert np.allclose(found.profiles @ found.loadings.T, best, atol=1e-6)


@given(SEEDS)
def test_the_order_of_rows_changes_no_byte(seed: int) -> None:
    support = support_of(seed)
    one, other = (
        responses_of(rows, "de", factors=3)
        for rows in (support, support.sample(fraction=1, shuffle=True, seed=seed))
    )
    assert (one.profiles == other.profiles).all()
    assert (one.loadings == other.loadings).all()


@given(SEEDS)
def test_rates_count_unlisted_pairs_in_part(seed: int) -> None:
    support = support_of(seed)
    units = support["perturbation"].n_unique()
    counts = support.group_by("gene").agg(pl.len().alias("n"), pl.col("label").cast(int).sum().alias("moved"))
    measured = counts["n"] + 0.1 * (units - counts["n"])
    base = float(counts["moved"].sum()) / float(measured.sum())
    expected = counts.select("gene", rate=(pl.col("moved") + base) / (measured + 1)).sort("gene")
    found = gene_rates(support, unlisted_weight=0.1).select("gene", "rate")
    assert_frame_equal(found, expected)


def test_where_all_pairs_are_listed_unlisted_ones_change_nothing() -> None:
    names = pl.DataFrame({"perturbation": ["P", "Q", "R"]})
    genes = pl.DataFrame({"gene": ["G", "H"]})
    labels = pl.Series("label", [1, 0, 0, 1, 1, 0], dtype=pl.UInt8)
    support = names.join(genes, how="cross").with_columns(labels, context=pl.lit("c"))
    assert gene_rates(support, unlisted_weight=0.5)["rate"].equals(gene_rates(support)["rate"])


def profile_without(of: Responses, unit: int, gene: int) -> Floats:
    return np.asarray(of.profiles[unit] - of.residuals[unit, gene] * of.loadings[gene])


def cosine(a: Floats, b: Floats) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths > 1e-9 else 0.0


@given(st.integers(0, 10), st.floats(0, 1), st.sampled_from([1.0, 2.0]))
def test_weights_on_a_gene_are_those_of_profiles_without_it(seed: int, share: float, power: float) -> None:
    likeness, first, plain = likeness_of(seed, share=share, power=power)
    of = likeness.responses
    evidence = Evidence(plain.block, likeness.relations(first), on_gene=likeness)
    units = {unit: at for at, unit in enumerate(of.units.iter_rows())}
    names = {name: at for at, name in enumerate(likeness.perturbations)}
    rows = evidence.rows().join(evidence.pairs.select("pair_id", "perturbation"), on="pair_id")
    for row in rows.sample(min(30, rows.height), seed=seed).iter_rows(named=True):
        q, u = names[row["perturbation"]], units[row["context"], row["neighbour"]]
        gene = of.genes.to_list().index(row["gene"])
        expected = sum(likeness.mixture[q, m] * profile_without(of, m, gene) for m in range(of.units.height))
        second = (
            max(0.0, cosine(np.asarray(expected), profile_without(of, u, gene))) ** power
            / likeness.alike[q].sum()
        )
        weight = (1 - share) * likeness.direct[q, u] + share * second
        assert row["weight"] == pytest.approx(weight, rel=1e-6, abs=1e-9)
        assert row["direct"] == pytest.approx((1 - share) * likeness.direct[q, u], abs=1e-12)


@given(st.integers(0, 10))
def test_totals_of_the_second_step_are_sums_of_its_rows(seed: int) -> None:
    likeness, first, plain = likeness_of(seed)
    evidence = Evidence(plain.block, likeness.relations(first), on_gene=likeness)
    rows, totals = evidence.rows(), evidence.totals(power=1.5)
    assert rows.select(*EVIDENCE).schema == dict(EVIDENCE)
    for pair in totals.iter_rows(named=True):
        own = rows.filter(pl.col("pair_id") == pair["pair_id"])
        for side, label in (("pos", 1), ("neg", 0)):
            weights = own.filter(label=label)["weight"].to_numpy() ** 1.5
            assert pair[f"n_{side}"] == len(weights)
            assert pair[f"w_{side}"] == pytest.approx(weights.sum())
    cut = evidence.top(rows.height, per_side=False)
    assert_frame_equal(cut.totals(power=1.5), totals)


@given(st.integers(0, 10))
def test_relations_of_both_steps_are_such_as_a_retriever_may_return(seed: int) -> None:
    likeness, first, plain = likeness_of(seed)
    relations = check_relations(likeness.relations(first), plain.block, "the second step")
    sums = relations.group_by("perturbation").agg(pl.col("weight").sum())["weight"]
    assert np.allclose(sums, 1)
    through_others = relations.filter(2 * pl.col("direct") < pl.col("weight"))
    assert through_others["via"].null_count() == 0
    related = set(first.related.select("perturbation", "neighbour").iter_rows())
    assert set(through_others.select("perturbation", "via").iter_rows()) <= related
    alone = through_others.filter(pl.col("via") == pl.col("neighbour"))["perturbation"].to_list()
    assert all(sum(name == query for query, _ in related) == 1 for name in alone)


@given(st.integers(0, 10))
def test_names_say_nothing(seed: int) -> None:
    likeness, first, plain = likeness_of(seed)
    evidence = Evidence(plain.block, likeness.relations(first), on_gene=likeness)
    names = {
        *evidence.pairs["perturbation"],
        *evidence.support["perturbation"],
        *evidence.pairs["gene"],
        *evidence.support["gene"],
    }
    codes = {name: f"X{at}" for at, name in enumerate(sorted(names, reverse=True))}
    renamed = evidence.renamed(codes).totals(power=1.0).sort("pair_id")
    assert_frame_equal(renamed, evidence.totals(power=1.0).sort("pair_id"), rel_tol=1e-9)


def test_a_perturbation_is_not_alike_to_itself_in_its_own_context() -> None:
    likeness, _, plain = likeness_of(0)
    units = likeness.responses.units.rows()
    own = [
        (q, units.index((plain.block.context, name)))
        for q, name in enumerate(likeness.perturbations)
        if (plain.block.context, name) in units
    ]
    assert all(sum(part[at] for part in likeness.parts) == 0 for at in own)
