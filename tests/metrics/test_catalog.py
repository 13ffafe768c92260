"""Each metric is one row of the catalog, and all that reads metrics reads it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import make_metrics
import numpy as np
import polars as pl
import pytest

from core_harness import evaluate
from core_harness.cli.output.tables import print_run
from core_harness.errors import UsageError
from core_harness.metrics import METRICS, Metric, checked, measures
from core_harness.metrics.catalog import GROUPS, LABELS, by_name, metric_named
from core_harness.runs.folder import open_run
from metrics.test_direction import predictions

ROW = METRICS["brier"]


def test_rows_are_those_of_the_report_in_its_order() -> None:
    (result,) = evaluate("simulated", "constant")
    assert list(METRICS) == list(result.report.metrics)
    assert [name for group in GROUPS.values() for name in group] == list(METRICS)
    assert len(set(LABELS.values())) == len(METRICS)


@pytest.mark.parametrize("direction", [None, "", "up", "Higher", 1, math.nan])
def test_a_row_that_does_not_say_what_is_better_is_refused(direction: Any) -> None:
    with pytest.raises(ValueError, match="metric 'brier': "):
        replace(ROW, direction=direction)


def test_a_row_without_a_direction_is_refused() -> None:
    row: Any = Metric
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'direction'"):
        row("new", "a new metric", "ranking", of=ROW.of)


@pytest.mark.parametrize("wrong", [{"direction": 1.5}, {"chance": -0.5}])
def test_a_target_or_a_level_of_chance_outside_the_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"lies outside its range \(0.0, 1.0\)"):
        replace(ROW, **wrong)


def test_a_name_has_one_row() -> None:
    with pytest.raises(ValueError, match="metric 'brier' has two rows"):
        by_name([ROW, METRICS["ece"], replace(ROW)])


def test_a_target_is_shown_where_the_metric_is() -> None:
    for metric in METRICS.values():
        if isinstance(metric.direction, float):
            assert metric.label.endswith(f"(right: {metric.direction:g})")


def test_an_unknown_metric_is_one_line() -> None:
    assert metric_named("brier") is ROW
    with pytest.raises(UsageError, match="did you mean 'brier'"):
        metric_named("breir")


@pytest.mark.parametrize(
    ("need", "change"),
    [
        ("labels", (1 - pl.col("label")).alias("label")),
        ("answers", pl.lit(None, pl.Float64).alias("score")),
        ("probabilities", (pl.col("score") + 1).alias("score")),
    ],
)
def test_a_metric_needs_what_it_says_and_nothing_else(need: str, change: pl.Expr) -> None:
    frame = predictions(0.5)
    before, after = (measures(checked(rows)) for rows in (frame, frame.with_columns(change)))
    for name, metric in METRICS.items():
        value = after[name].estimate()
        if need == "labels":
            assert (value == before[name].estimate()) == ("labels" not in metric.needs), name
        else:
            assert np.isnan(value) == (need in metric.needs), name


def test_metrics_that_cannot_differ_are_one_measure() -> None:
    found = measures(checked(predictions(1.0)))
    for name, measure in found.items():
        for base in ("macro_gene_auroc", "pooled_auroc"):
            if name.startswith(f"{base}_unanswered_") or name == f"{base}_ok_only":
                assert measure is found[base]


def test_a_metric_that_is_not_asked_for_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr("core_harness.metrics.potency.lsqr", refuse)
    found = measures(checked(predictions(1.0)))
    assert found["pooled_auroc"].estimate() > 0.8
    with pytest.raises(AssertionError, match="computed"):
        found["potency_residual_auroc"].estimate()


def test_a_run_is_shown_group_by_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (result,) = evaluate("simulated", "gene-frequency", out=tmp_path)
    assert result.run is not None
    print_run(open_run(result.run))
    lines = capsys.readouterr().out.splitlines()
    places = [lines.index(line) for group in GROUPS for line in lines if line.strip() == group]
    assert len(places) == len(GROUPS)
    assert places == sorted(places)
    for name in LABELS.values():
        assert sum(line.startswith(f"  {name}  ") for line in lines) == 1


def test_the_page_about_metrics_has_the_catalog_and_a_definition_of_each_row() -> None:
    page = make_metrics.PAGE.read_text(encoding="utf-8")
    assert page == make_metrics.with_catalog(page), "run python docs/make_metrics.py"
    definitions = page.replace(make_metrics.catalog(), "")
    for name in METRICS:
        family, policy, _ = name.partition("_unanswered_")
        assert f"`{family}{policy and '_unanswered_POLICY'}`" in definitions, name
