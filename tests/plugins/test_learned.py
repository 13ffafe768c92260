"""The learned vote: what it is shown, what it learns where nothing can be learnt, and where it works."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_votes import (
    CONTEXTS,
    NO_ANSWERS,
    method_of,
    predicted,
    shown_to,
    task_of,
    three_contexts,
)
from worlds import world

from core_harness import Evidence, evaluate
from core_harness.data.crossfit import examples
from core_harness.data.splits import split_rows
from core_harness.errors import UsageError
from core_harness.evaluation.pipeline import fit_and_predict, predict
from core_harness.evidence.controls import shuffle_labels
from core_harness.evidence.two_steps import FirstStep, TwoSteps, names_of, place
from core_harness_plugins.aggregators.gene_votes import gene_votes
from core_harness_plugins.aggregators.learned import LearnedVote
from core_harness_plugins.aggregators.votes import votes_on
from core_harness_plugins.datasets.simulated import Simulated

STRATEGY = "voting-learned"
STEPS = TwoSteps(factors=5)  # fewer than genes, or else no gene says anything of another


def evidence_of(rows: pl.DataFrame, *, contexts: tuple[str, ...] = ()) -> Evidence:
    return next(iter(shown_to(method_of("voting-one-step"), rows, task_of(contexts=contexts)).evidence))


def said_by_genes(evidence: Evidence, *, of: Evidence | None = None, seed: int = 0) -> Any:
    """Return votes on other genes, profiles being those of other evidence if it is given."""
    task = task_of(seed=seed)
    responses = STEPS.responses(of or evidence, task.question)
    placed = place(responses, names_of(evidence), evidence.pairs, evidence.support)
    weights = FirstStep(evidence, responses.units).weights()
    said = gene_votes(task, evidence, STEPS, responses, placed=placed, weights=weights)
    return said["genes together"]


def votes(evidence: Evidence) -> dict[str, Any]:
    return votes_on(task_of(), evidence, STEPS, unlisted_weight=0.03, potency=True)


def with_labels_turned(evidence: Evidence, gene: str) -> Evidence:
    """Return the same evidence with the labels of a gene in opposite order: its rate stays what it was."""
    turned = pl.when(pl.col("gene") == gene).then(pl.col("label").reverse().over("gene")).otherwise("label")
    support = evidence.support.with_columns(turned.alias("label"))
    return Evidence(replace(evidence.block, support=support), evidence.relations)


def test_labels_of_a_gene_have_no_say_in_the_votes_on_it_but_through_profiles() -> None:
    evidence = evidence_of(world(perturbations=30))
    changed = with_labels_turned(evidence, "G03")
    own = (evidence.pairs["gene"] == "G03").to_numpy()
    before, after = said_by_genes(evidence), said_by_genes(changed, of=evidence)
    assert after[own] == pytest.approx(before[own], abs=1e-9)
    assert np.abs(after[~own] - before[~own]).max() > 1e-3
    assert np.abs(said_by_genes(changed)[own] - before[own]).max() > 1e-3  # factors are fitted again


def test_a_gene_without_support_has_no_votes() -> None:
    evidence = evidence_of(world(perturbations=30))
    gone = evidence.support.filter(pl.col("gene") != "G03")
    without = Evidence(replace(evidence.block, support=gone), evidence.relations)
    own = (evidence.pairs["gene"] == "G03").to_numpy()
    said = said_by_genes(without)
    assert (said[own] == 0).all()
    assert (said[~own] != 0).any()


def test_a_gene_of_one_class_has_no_say_but_is_voted_on() -> None:
    one_class = pl.when(pl.col("gene") == "G03").then(0).otherwise("label").cast(pl.UInt8).alias("label")
    evidence = evidence_of(world(perturbations=30).with_columns(one_class))
    own = (evidence.pairs["gene"] == "G03").to_numpy()
    assert np.unique(said_by_genes(evidence)[own]).size > 1
    support = evidence.support.with_columns(
        pl.when(pl.col("gene") == "G03").then(1).otherwise("label").cast(pl.UInt8).alias("label")
    )
    other = Evidence(replace(evidence.block, support=support), evidence.relations)
    assert said_by_genes(other, of=evidence)[~own] == pytest.approx(said_by_genes(evidence)[~own], abs=1e-9)


def test_genes_that_answer_alike_vote_alike() -> None:
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 2, (60, 6))
    labels = np.column_stack(
        [patterns, patterns, 1 - patterns]
    )  # gene 6 + k follows gene k, 12 + k opposes it
    rows = pl.DataFrame(
        [
            ("c", f"P{p:02}", f"G{g:02}", int(labels[p, g]), "test" if p < 12 else "train")
            for p in range(60)
            for g in range(18)
        ],
        schema=["context", "perturbation", "gene", "label", "split"],
        orient="row",
    ).with_columns(pl.col("label").cast(pl.UInt8))
    evidence = evidence_of(rows)
    said = said_by_genes(evidence).reshape(12, 18)
    assert np.corrcoef(said[:, :6].ravel(), said[:, 6:12].ravel())[0, 1] > 0.5
    assert np.corrcoef(said[:, :6].ravel(), said[:, 12:].ravel())[0, 1] < -0.5


def within_genes(evidence: Evidence, truth: pl.DataFrame, scores: Any) -> float:
    """Return the mean over genes of how often a positive is above a negative."""
    rows = evidence.pairs.with_columns(pl.Series("score", scores)).join(truth, on="pair_id")
    sides = [rows.filter(label=label).select("gene", pl.col("score").alias(f"s{label}")) for label in (0, 1)]
    above = (pl.col("s1") > pl.col("s0")) + 0.5 * (pl.col("s1") == pl.col("s0"))
    by_gene = sides[0].join(sides[1], on="gene").group_by("gene").agg(above.mean().alias("auroc"))
    return float(by_gene["auroc"].mean())  # type: ignore[arg-type]


@pytest.mark.slow
def test_votes_on_labels_that_are_permuted_within_genes_say_nothing() -> None:
    dataset = Simulated(perturbations=100, genes=60, modules=8, sparsity=0.6)
    method = method_of("voting-one-step", retriever="kg")
    method.retriever.object.use(dataset.knowledge())
    split = split_rows(dataset.rows().sort("context", "perturbation", "gene"))
    found = []
    for seed in range(10):
        shuffled = replace(split, support=shuffle_labels(split.support, seed=seed))
        (evidence,) = shown_to(method, shuffled, task_of(seed=seed)).evidence
        found.append(within_genes(evidence, split.truth, said_by_genes(evidence, seed=seed)))
    spread = np.std(found, ddof=1) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(0.5, abs=3 * spread)
    assert spread < 0.03
    (plain,) = shown_to(method, split, task_of()).evidence
    assert within_genes(plain, split.truth, said_by_genes(plain)) > 0.6


@pytest.mark.parametrize("contexts", [(), CONTEXTS], ids=["unseen-perturbation", "cross-context"])
def test_labels_of_a_fold_do_not_reach_its_own_votes(contexts: tuple[str, ...]) -> None:
    split = split_rows(three_contexts())
    method, task = method_of(STRATEGY), task_of(contexts=contexts)
    folds = [fold for _, some in examples(split, None, seed=0, support_contexts=contexts) for fold in some]
    for fold in folds[:: len(folds) // 3]:
        asked = fold.queries.select("context", "perturbation", pl.lit(True).alias("asked")).unique()
        marked = split.support.join(asked, on=["context", "perturbation"], how="left", maintain_order="left")
        turned = pl.when(pl.col("asked")).then(1 - pl.col("label")).otherwise("label").cast(pl.UInt8)
        poisoned = replace(split, support=marked.with_columns(turned.alias("label")).drop("asked"))
        numbers = fold.queries["pair_id"].implode()
        before, after = (
            [
                votes(one)
                for of_contexts in shown_to(method, of, task).examples
                for one in of_contexts.evidence
                if one.pairs["pair_id"].is_in(numbers).all()
            ]
            for of in (split, poisoned)
        )
        assert before
        for one, other in zip(before, after, strict=True):
            assert one.keys() == other.keys()
            assert all((one[name] == other[name]).all() for name in one)


def test_labels_of_queries_are_never_seen() -> None:
    rows = three_contexts()
    test = pl.col("split") == "test"
    poisoned = rows.with_columns(
        label=pl.when(test).then(1 - pl.col("label")).otherwise("label").cast(pl.UInt8)
    )
    for contexts in ((), CONTEXTS):
        one, other = (
            predicted(method_of(STRATEGY), part, task_of(contexts=contexts)) for part in (rows, poisoned)
        )
        assert one.equals(other)


def test_the_same_bytes_twice_and_on_shuffled_rows(tmp_path: Path) -> None:
    rows = world(perturbations=40, genes=20)
    written = []
    for name, frame in (("a", rows), ("b", rows), ("c", rows.sample(fraction=1.0, shuffle=True, seed=1))):
        frame.write_csv(tmp_path / f"{name}.csv")
        dataset = f"table:{tmp_path / f'{name}.csv'}"
        (result,) = evaluate(dataset, STRATEGY, retriever="random", seed=3, out=tmp_path / name)
        assert result.run is not None
        written.append((result.run / "predictions.parquet").read_bytes())
    assert written[0] == written[1] == written[2]


@pytest.mark.slow
def test_it_learns_on_simulated_what_the_vote_does_not_know() -> None:
    vote, learned = evaluate("simulated", ["voting", STRATEGY])
    of_vote, of_learned = (r.report.metrics["macro_gene_auroc"].value or 0.0 for r in (vote, learned))
    assert of_learned > 0.65
    assert of_learned > of_vote - 0.02
    slope, skill = (learned.report.metrics[name].value for name in ("calibration_slope", "brier_skill"))
    assert slope == pytest.approx(1, abs=0.25)
    assert skill is not None
    assert skill > 0


def test_of_genes_that_were_never_measured_it_knows_nothing() -> None:
    parameters = {"dataset": {"perturbations": 100, "genes": 40, "modules": 8}}
    (result,) = evaluate("simulated", STRATEGY, gene_holdout=0.3, parameters=parameters)
    assert set(result.predictions["status"]) == {"no_evidence"}
    assert result.report.metrics["macro_gene_auroc"].value == 0.5


@pytest.mark.parametrize("question", ["de", "dir"])
@pytest.mark.parametrize(
    "contexts", [(), ("b",), CONTEXTS], ids=["unseen-perturbation", "one other", "two others"]
)
def test_it_gives_probabilities_in_every_regime(question: Any, contexts: tuple[str, ...]) -> None:
    method, task = method_of(STRATEGY), task_of(question, contexts=contexts)
    found = predicted(method, three_contexts(), task)
    assert found["score"].is_between(0, 1, closed="none").all()
    assert found["score"].n_unique() > 10
    weights = method.aggregator.object.weights
    assert all(weight >= 0 for weight in weights.values())
    assert ({"elsewhere", "itself"} <= weights.keys()) == bool(contexts)


@pytest.mark.parametrize("left", [2, 3, 6])
def test_few_perturbations_are_asked_about_one_by_one(left: int) -> None:
    assert predicted(method_of(STRATEGY), with_support_of(left), task_of()).height


def test_a_single_perturbation_is_too_few() -> None:
    with pytest.raises(UsageError, match="needs 2 or more perturbations in the support of c; it has 1"):
        predicted(method_of(STRATEGY), with_support_of(1), task_of())


def with_support_of(number: int) -> pl.DataFrame:
    rows = world(perturbations=24)
    left = rows.filter(split="train")["perturbation"].unique().sort().head(number)
    return rows.filter((pl.col("split") == "test") | pl.col("perturbation").is_in(left.implode()))


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_is_not_fitted(label: int) -> None:
    rows = world().with_columns(
        label=pl.when(pl.col("split") == "train").then(label).otherwise("label").cast(pl.UInt8)
    )
    found = predicted(method_of(STRATEGY), rows, task_of())
    assert set(found["status"]) == {"not_fitted"}
    assert found["score"].null_count() == found.height


def test_genes_without_positives_are_scored_too() -> None:
    silent = pl.col("gene").is_in(["G00", "G01", "G02"])
    rows = world(perturbations=30).with_columns(
        label=pl.when(silent).then(0).otherwise("label").cast(pl.UInt8)
    )
    found = split_rows(rows).queries.join(predicted(method_of(STRATEGY), rows, task_of()), on="pair_id")
    assert found["score"].null_count() == 0
    assert found.filter(silent)["score"].max() < found.filter(~silent)["score"].median()  # type: ignore[operator]


def test_where_no_gene_has_both_classes_all_votes_weigh_the_same() -> None:
    always = pl.col("gene").is_in(["G00", "G01", "G02", "G03"])
    rows = world().with_columns(label=pl.when(always).then(1).otherwise(0).cast(pl.UInt8))
    method = method_of(STRATEGY)
    predicted(method, rows, task_of())
    assert set(method.aggregator.object.weights.values()) == {1.0}


def test_each_fit_forgets_the_one_before() -> None:
    method, rows = method_of(STRATEGY), world(perturbations=30)
    before = predicted(method, rows, task_of())
    predicted(method, world(seed=5).with_columns(label=pl.lit(0, pl.UInt8)), task_of())
    assert predicted(method, rows, task_of()).equals(before)


@pytest.mark.parametrize("seed", [22, 23])
def test_where_noise_would_turn_the_vote_round_it_does_not_count(seed: int) -> None:
    rows = world(seed=seed, perturbations=30)
    labels = np.random.default_rng(seed).permutation(rows["label"].to_numpy())
    method = method_of(STRATEGY)
    found = predicted(method, rows.with_columns(label=pl.Series(labels, dtype=pl.UInt8)), task_of(seed=seed))
    assert any(method.aggregator.object.weights.values())
    by_gene = (
        split_rows(rows).queries.join(found, on="pair_id").group_by("gene").agg(pl.col("score").n_unique())
    )
    assert by_gene["score"].max() == 1


def test_without_support_contexts_each_context_learns_from_itself_alone() -> None:
    rows, method = three_contexts(), method_of(STRATEGY)
    together = predicted(method, rows, task_of())
    keyed = split_rows(rows).queries.join(together, on="pair_id")
    for context in CONTEXTS:
        alone = predicted(method, rows.filter(pl.col("context") == context), task_of())
        of_context = keyed.filter(pl.col("context") == context).sort("pair_id")
        assert of_context["score"].to_list() == alone["score"].to_list()


def test_without_being_fitted_it_has_no_score() -> None:
    evidence = evidence_of(world())
    assert set(LearnedVote().predict(task_of(), evidence, NO_ANSWERS)["status"]) == {"not_fitted"}


def test_a_query_is_scored_alike_alone_and_among_others() -> None:
    method, task = method_of(STRATEGY), task_of()
    shown = shown_to(method, world(perturbations=30), task)
    whole = fit_and_predict(method, shown, NO_ANSWERS)
    (evidence,) = shown.evidence
    for row in whole.sample(5, seed=0).iter_rows(named=True):
        alone = evidence.about(pl.col("pair_id") == row["pair_id"])
        assert predict(method, task, [alone], NO_ANSWERS)["score"].item() == pytest.approx(row["score"])
