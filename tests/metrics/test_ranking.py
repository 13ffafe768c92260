from __future__ import annotations

from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.metrics import checked, measures, report
from metrics.worlds import by_sklearn, scored_frames, values, weights_of

AUROCS = ["macro_gene_auroc", "macro_gene_auroc_weighted", "macro_perturbation_auroc", "pooled_auroc"]
RANKING = [*AUROCS, "pooled_auprc"]


def frame_of(label: list[int], score: list[float], gene: list[str] | None = None) -> pl.DataFrame:
    n = len(label)
    return pl.DataFrame(
        {
            "context": ["a"] * n,
            "perturbation": [f"p{i}" for i in range(n)],
            "gene": gene or ["g"] * n,
            "label": label,
            "score": score,
            "status": ["ok"] * n,
            "gene_rate": [0.5] * n,
        }
    )


@given(st.data(), scored_frames())
def test_every_metric_is_scikit_learns_with_weights(data: st.DataObject, frame: pl.DataFrame) -> None:
    rows = checked(frame)
    found = measures(rows)
    weights = data.draw(weights_of(rows["cluster"].n_unique()))
    wanted = by_sklearn(rows, weights[rows["cluster"].to_numpy(), 0])
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name].of(weights), [value], rtol=0, atol=1e-12, err_msg=name)


@given(scored_frames(st.one_of(st.none(), st.floats(0, 1))), st.randoms(use_true_random=False))
def test_row_order_changes_no_bit(frame: pl.DataFrame, random: Random) -> None:
    order = list(range(frame.height))
    random.shuffle(order)
    assert report(frame[order], seed=3, resamples=5) == report(frame, seed=3, resamples=5)


@given(scored_frames())
def test_ranks_are_all_that_counts(frame: pl.DataFrame) -> None:
    stretched = frame.with_columns((pl.col("score") * 16) ** 3 - 100)  # exact, and it keeps ties
    assert values(stretched, *RANKING) == values(frame, *RANKING)


@given(scored_frames())
def test_flipped_labels_and_flipped_scores_give_one_minus_auroc(frame: pl.DataFrame) -> None:
    plain = values(frame, *AUROCS)
    for flip in (pl.col("label") ^ 1, -pl.col("score")):
        flipped = values(frame.with_columns(flip), *AUROCS)
        for name in AUROCS:
            value, other = plain[name], flipped[name]
            assert (value is None) == (other is None)
            if value is not None and other is not None:
                assert value + other == pytest.approx(1, abs=1e-12)


@given(scored_frames(st.just(0.25)))
def test_a_constant_score_is_at_chance(frame: pl.DataFrame) -> None:
    found = values(frame, *RANKING)
    assert {found[name] for name in AUROCS} <= {0.5, None}
    prevalence = frame["label"].mean() if frame["label"].sum() else None
    assert found["pooled_auprc"] == pytest.approx(prevalence, abs=1e-15)


@given(
    scored_frames(),
    st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from("wxyz")), st.floats(0, 1)),
)
def test_what_is_constant_within_genes_is_exactly_at_chance(
    frame: pl.DataFrame, rates: dict[tuple[str, str], float]
) -> None:
    rate = [rates.get(gene, 0.5) for gene in frame.select("context", "gene").iter_rows()]
    found = report(frame.with_columns(score=pl.Series(rate, dtype=pl.Float64)), seed=0, resamples=20)
    for name in ("macro_gene_auroc", "macro_gene_auroc_weighted"):
        assert found.metrics[name].value in (0.5, None)
        assert found.metrics[name].drift in (0.0, None)


def test_the_gene_is_the_pair_of_context_and_gene() -> None:
    # right within either context, wrong across them
    frame = frame_of([1, 0, 1, 0], [0.2, 0.1, 0.9, 0.8]).with_columns(context=pl.Series(["a", "a", "b", "b"]))
    found = values(frame, "macro_gene_auroc", "pooled_auroc")
    assert found == {"macro_gene_auroc": 1.0, "pooled_auroc": 0.75}


def test_the_twin_weighs_genes_by_positives_times_negatives() -> None:
    small, large = ([1, 0], [0.9, 0.1]), ([1, 1, 0, 0, 0], [0.1, 0.2, 0.5, 0.6, 0.7])
    frame = frame_of(small[0] + large[0], small[1] + large[1], ["s"] * 2 + ["l"] * 5)
    found = values(frame, "macro_gene_auroc", "macro_gene_auroc_weighted")
    assert found == {"macro_gene_auroc": 0.5, "macro_gene_auroc_weighted": 1 / 7}


def test_zero_and_minus_zero_are_one_tie() -> None:
    assert values(frame_of([1, 0], [0.0, -0.0]), "pooled_auroc") == {"pooled_auroc": 0.5}


def test_scores_one_float_apart_are_no_tie() -> None:
    assert values(frame_of([1, 0], [np.nextafter(0.3, 1), 0.3]), "pooled_auroc") == {"pooled_auroc": 1.0}
