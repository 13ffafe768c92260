from __future__ import annotations

import numpy as np
import pytest

from core_harness.metrics import Report, mean_report, report
from metrics.test_bootstrap import world


def reports(number: int) -> list[Report]:
    return [report(world(seed=seed), seed=0, resamples=0) for seed in range(number)]


def test_the_mean_over_seeds_has_the_interval_of_a_mean() -> None:
    several = reports(5)
    values = [found.metrics["pooled_auroc"].value for found in several]
    assert None not in values
    mean = mean_report(several)
    got = mean.metrics["pooled_auroc"]
    half = 1.96 * np.std(np.array(values, dtype=float), ddof=1) / np.sqrt(5)
    assert mean.repeats == 5
    assert got.value == pytest.approx(np.mean(np.array(values, dtype=float)), abs=1e-12)
    assert got.low == pytest.approx(got.value - half, abs=1e-12)
    assert got.high == pytest.approx(got.value + half, abs=1e-12)


def test_one_seed_has_a_value_and_no_interval() -> None:
    got = mean_report(reports(1)).metrics["brier"]
    assert got.value is not None
    assert (got.low, got.high, got.drift) == (None, None, None)


def test_a_metric_that_one_seed_lacks_has_no_mean() -> None:
    lacking = report(world().head(0), seed=0, resamples=0)
    assert mean_report([*reports(2), lacking]).metrics["brier"].value is None


def test_a_mean_is_cut_to_what_the_metric_can_be() -> None:
    several = [report(world(seed=seed).with_columns(score=0.9), seed=0, resamples=0) for seed in range(3)]
    got = mean_report(several).metrics["calibration_ratio"]
    assert got.value is not None
    assert got.high is not None
    assert 1 < got.value < got.high


def test_a_mean_has_no_reliability_curve() -> None:
    assert reports(1)[0].reliability
    assert mean_report(reports(2)).reliability == ()


def test_there_is_no_mean_of_nothing() -> None:
    with pytest.raises(ValueError, match="no report to take the mean of"):
        mean_report([])
