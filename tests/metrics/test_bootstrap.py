from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.metrics import Resampled, bootstrap, checked, draw_clusters, measures, report
from core_harness.metrics.catalog import METRICS
from core_harness.metrics.segments import Floats
from metrics.worlds import by_sklearn, repeated, scored_frames


def world(perturbations: int = 40, genes: int = 12, seed: int = 5) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    n = perturbations * genes
    score = np.round(rng.random(n), 2)
    return pl.DataFrame(
        {
            "context": ["a"] * n,
            "perturbation": np.repeat([f"p{i}" for i in range(perturbations)], genes),
            "gene": [f"g{i}" for i in range(genes)] * perturbations,
            "label": (rng.random(n) < 0.2 + 0.4 * score).astype(np.uint8),
            "score": score,
            "status": ["ok"] * n,
            "gene_rate": list(np.round(rng.random(genes), 2)) * perturbations,
        }
    )


@given(scored_frames(), st.integers(0, 2**32))
def test_a_resample_is_the_rows_of_the_drawn_clusters(frame: pl.DataFrame, seed: int) -> None:
    rows = checked(frame)
    weights = draw_clusters(rows["cluster"].n_unique(), seed=seed, resamples=4).weights
    found = {name: measure.resampled(weights) for name, measure in measures(rows).items()}
    for b in range(4):
        for name, value in by_sklearn(repeated(rows, weights[:, b : b + 1])).items():
            np.testing.assert_allclose(found[name][b], value, rtol=0, atol=1e-12, err_msg=name)


def test_half_of_the_clusters_are_drawn_with_replacement() -> None:
    draws = draw_clusters(50, seed=1, resamples=4000)
    assert draws.weights.shape == (50, 4000)
    assert (draws.weights.sum(axis=0) == 25).all()
    assert (draws.weights == np.floor(draws.weights)).all()
    # binomial(25, 1/50): mean .5, variance .49
    assert draws.weights.mean(axis=1) == pytest.approx(np.full(50, 0.5), abs=0.06)
    assert draws.weights.var() == pytest.approx(0.49, abs=0.02)
    assert draws.scale**2 == pytest.approx(1 / 2)


@pytest.mark.parametrize(("clusters", "drawn"), [(1, 1), (2, 1), (3, 2), (267, 134)])
def test_half_of_an_odd_number_is_rounded_up_and_the_scale_knows(clusters: int, drawn: int) -> None:
    draws = draw_clusters(clusters, seed=0, resamples=5)
    assert (draws.weights.sum(axis=0) == drawn).all()
    assert draws.scale**2 == pytest.approx(drawn / clusters)


def test_no_clusters_have_resamples_without_any() -> None:
    assert draw_clusters(0, seed=0, resamples=7).weights.shape == (0, 7)


@pytest.mark.parametrize("clusters", [2, 3, 5, 40])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_deviation_of_a_mean_hangs_neither_on_the_share_nor_on_rounding(
    clusters: int, share: float
) -> None:
    frame = world(perturbations=clusters, genes=1)
    error = (frame["score"] - frame["label"].cast(pl.Float64)).to_numpy() ** 2
    draws = draw_clusters(clusters, seed=0, resamples=20_000, share=share)
    brier = replace(measures(checked(frame))["brier"], perturbations=40)  # few have no interval otherwise
    assert Resampled.of([brier], draws).deviation() == pytest.approx(
        error.std() / np.sqrt(clusters), rel=0.03
    )


def test_draws_follow_the_seed() -> None:
    first, again, other = (draw_clusters(9, seed=seed, resamples=30).weights for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_some_of_the_clusters_keep_their_draws_and_the_scale_of_all() -> None:
    draws = draw_clusters(9, seed=0, resamples=30)
    some = draws.among(np.array([1, 4]))
    assert (some.weights == draws.weights[[1, 4]]).all()
    assert some.scale == draws.scale


def test_an_interval_is_196_scaled_deviations_to_either_side() -> None:
    frame = world()
    rows = checked(frame)
    weights = draw_clusters(40, seed=7, resamples=200).weights
    found = report(frame, seed=7, resamples=200)
    for name, measure in measures(rows).items():
        got, values = found.metrics[name], measure.resampled(weights)
        assert got.value is not None
        half = 1.96 * np.sqrt(20 / 40) * np.std(values, ddof=1)
        assert half > 0 or name == "answer_rate"
        lowest, highest = METRICS[name].range
        assert got.low == pytest.approx(max(lowest, got.value - half), abs=1e-12)
        assert got.high == pytest.approx(min(highest, got.value + half), abs=1e-12)
        assert got.drift == pytest.approx(values.mean() - got.value, abs=1e-12)


def test_the_spread_is_that_of_a_mean_over_clusters() -> None:
    frame = world(perturbations=400, genes=1)
    error = (frame["score"] - frame["label"].cast(pl.Float64)).to_numpy() ** 2
    brier = report(frame, seed=0, resamples=2000).metrics["brier"]
    assert brier.low is not None
    assert brier.high is not None
    assert brier.high - brier.low == pytest.approx(2 * 1.96 * error.std() / np.sqrt(400), rel=0.06)


def test_a_perturbation_is_one_cluster_in_all_contexts() -> None:
    # a second context that repeats the first brings no new perturbation, so nothing gets surer
    once = world()
    twice = pl.concat([once, once.with_columns(context=pl.lit("b"))])
    first, second = report(once, seed=0, resamples=100), report(twice, seed=0, resamples=100)
    assert first.clusters == second.clusters == 40
    for name in ("macro_gene_auroc", "pooled_auroc", "brier"):
        assert second.metrics[name].low == pytest.approx(first.metrics[name].low, abs=1e-12)


def test_what_rests_on_few_perturbations_or_genes_has_no_interval() -> None:
    enough = world(perturbations=6, genes=6)  # the fewest
    for frame, ranked, pooled in (
        (enough, True, True),
        (enough.filter(pl.col("perturbation") != "p0"), False, False),
        (enough.filter(pl.col("gene") != "g0"), False, True),
    ):
        found = report(frame, seed=0, resamples=50).metrics
        for name, has in {"macro_gene_auroc": ranked, "brier": pooled, "pooled_auroc": pooled}.items():
            assert found[name].value is not None
            assert (found[name].low is not None) == has, name


def test_intervals_stay_within_what_a_metric_can_be() -> None:
    for seed in range(5):
        found = report(world(perturbations=6, genes=6, seed=seed), seed=0, resamples=50).metrics
        for name, e in found.items():
            if e.value is None or e.low is None or e.high is None:
                continue
            lowest, highest = METRICS[name].range
            assert lowest <= e.low <= e.value <= e.high <= highest, name


@pytest.mark.parametrize(
    ("metric", "value", "wanted"),
    [
        ("pooled_auroc", 0.9, (0.6, 1.0)),
        ("mcc", -0.9, (-1.0, -0.6)),
        ("brier_skill", 0.9, (0.6, 1.0)),
        ("brier_skill", -5.0, (-5.3, -4.7)),
        ("calibration_slope", -0.1, (-0.4, 0.2)),
        ("overestimation", 0.1, (0.0, 0.4)),
        ("overestimation", 3.0, (2.7, 3.3)),
    ],
)
def test_an_interval_is_cut_to_what_the_metric_can_be(
    metric: str, value: float, wanted: tuple[float, float]
) -> None:
    assert METRICS[metric].interval(value, 0.3) == pytest.approx(wanted)


def test_unanswered_pairs_leave_the_clusters_of_two_runs_the_same() -> None:
    full = world()
    partly = full.with_columns(score=pl.when(pl.col("perturbation") != "p3").then("score"))
    for frame in (full, partly):
        assert {measure.clusters for measure in measures(checked(frame)).values()} == {40}
    weights = draw_clusters(40, seed=0, resamples=10).weights
    without = measures(checked(full.filter(pl.col("perturbation") != "p3")))["pooled_auroc"]
    kept = np.delete(weights, sorted(full["perturbation"].unique()).index("p3"), axis=0)
    here = measures(checked(partly))["pooled_auroc"]
    assert (here.resampled(weights) == without.resampled(kept)).all()


@pytest.mark.parametrize("cells", [1, 1_500, 10**9])
def test_chunks_do_not_show(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = measures(checked(world()))
    weights = draw_clusters(40, seed=0, resamples=23).weights
    wanted: dict[str, Floats] = {name: measure.of(weights) for name, measure in found.items()}
    monkeypatch.setattr(bootstrap, "CELLS", cells)
    for name, measure in found.items():
        np.testing.assert_allclose(measure.resampled(weights), wanted[name], rtol=0, atol=1e-14)
