"""The calibration slope against scikit-learn, and its bootstrap against refitting each resample."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from core_harness.metrics import checked, draw_clusters, measures, report
from core_harness.metrics.segments import Floats
from metrics.test_bootstrap import world
from metrics.worlds import scored_frames


def slope(label: list[int], score: list[float]) -> float | None:
    frame = pl.DataFrame(
        {"perturbation": [f"p{i}" for i in range(len(label))], "label": label, "score": score}
    ).with_columns(context=pl.lit("a"), gene=pl.lit("g"), status=pl.lit("ok"), gene_rate=0.5)
    return report(frame, seed=0, resamples=0).metrics["calibration_slope"].value


def by_sklearn(rows: pl.DataFrame, weight: Floats | None = None) -> float:
    score = rows["score"].clip(1e-6, 1 - 1e-6).to_numpy()
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=1000)
    with warnings.catch_warnings():  # where its first guess is the fit, it finds no way down, and says so
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.log(score / (1 - score))[:, None], rows["label"].to_numpy(), sample_weight=weight)
    return float(model.coef_[0, 0])


@given(scored_frames(st.integers(1, 15).map(lambda k: k / 16), min_size=4))
def test_it_is_scikit_learns_wherever_classes_overlap(frame: pl.DataFrame) -> None:
    scores = {label: frame.filter(label=label)["score"].to_list() for label in (0, 1)}
    assume(all(scores.values()))
    found = report(frame, seed=0, resamples=0).metrics["calibration_slope"].value
    overlap = max(scores[1]) > min(scores[0]) and max(scores[0]) > min(scores[1])
    assert (found is not None) == overlap
    if found is not None:
        assert found == pytest.approx(by_sklearn(frame), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("label", "score"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]),
        ([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4]),
        ([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.4]),
        ([0, 1, 0, 1], [0.3, 0.3, 0.3, 0.3]),
        ([1, 1, 1], [0.1, 0.2, 0.3]),
        ([], []),
    ],
    ids=["parted", "parted the wrong way", "parted but for a tie", "one score", "one class", "no pair"],
)
def test_without_overlap_there_is_no_slope(label: list[int], score: list[float]) -> None:
    assert slope(label, score) is None


def test_scores_that_say_nothing_have_a_slope_of_0() -> None:
    label, score = [0, 0, 1, 1], [0.0625, 0.1875, 0.0625, 0.1875]
    assert by_sklearn(pl.DataFrame({"label": label, "score": score})) == pytest.approx(0, abs=1e-6)
    assert slope(label, score) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0, -1.0])
def test_log_odds_stretched_by_a_factor_have_a_slope_divided_by_it(factor: float) -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(size=20_000)
    label = (rng.random(odds.size) < 1 / (1 + np.exp(-odds))).astype(int)
    score = 1 / (1 + np.exp(-factor * odds))
    got = slope(label.tolist(), score.tolist())
    assert got is not None
    assert got * factor == pytest.approx(1, abs=0.05)


def test_certain_scores_count_as_one_in_a_million() -> None:
    label, score = [0, 1, 0, 1, 1], [0.0, 0.2, 1.0, 1.0, 0.5]
    clipped = [min(max(s, 1e-6), 1 - 1e-6) for s in score]
    assert slope(label, score) == slope(label, clipped)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
def test_classes_that_hardly_overlap_have_a_finite_slope(gap: float) -> None:
    got = slope([0] * 50 + [1] + [0] + [1] * 50, [0.2] * 50 + [0.5 - gap] + [0.5] + [0.8] * 50)
    assert got is not None
    assert 1 < got < 1000


def test_a_few_certain_scores_among_many_alike_do_not_throw_the_fit_off() -> None:
    # Newton's full steps run away from here
    label = [0, 1, 0, 0, 0] + [1] * 14 + [0] * 4981
    score = [0.0, 0.5, 0.5, 0.0, 0.0] + [0.2] * 4995
    frame = pl.DataFrame({"label": label, "score": score})
    assert slope(label, score) == pytest.approx(by_sklearn(frame), rel=1e-6)


def test_an_overlap_within_rounding_has_no_slope() -> None:
    gap = 1e-15  # of it, the best fit cannot be told from an infinite one
    assert slope([0] * 50 + [1] + [0] + [1] * 50, [0.2] * 50 + [0.5 - gap] + [0.5] + [0.8] * 50) is None


def test_a_resample_takes_a_step_towards_its_own_fit() -> None:
    rows = checked(world(perturbations=150, genes=12))
    measure = measures(rows)["calibration_slope"]
    weights = draw_clusters(150, seed=0, resamples=60).weights
    cluster = rows["cluster"].to_numpy()
    fits = np.array([by_sklearn(rows, weights[cluster, b]) for b in range(60)])
    steps = measure.resampled(weights)
    assert steps.std() == pytest.approx(fits.std(), rel=0.05)
    assert np.abs(steps - fits).max() < 0.3 * fits.std()


def test_a_resample_with_one_score_has_no_slope() -> None:
    frame = pl.DataFrame(
        {"perturbation": ["p", "q", "q", "r"], "label": [0, 1, 0, 1], "score": [0.2, 0.4, 0.6, 0.8]}
    )
    rows = checked(
        frame.with_columns(
            context=pl.lit("a"), gene=pl.Series("gene", "wxyz"), status=pl.lit("ok"), gene_rate=0.5
        )
    )
    of = measures(rows)["calibration_slope"].of
    assert np.isnan(of(np.array([[3.0], [0.0], [0.0]]))).all()
    assert np.isfinite(of(np.array([[1.0], [1.0], [1.0]]))).all()
