"""Curves: how good methods are by how much was measured."""

from __future__ import annotations

import pytest
from small_runs import SMALL as WORLD

from core_harness.analysis.curve import Curve, curve
from core_harness.analysis.curve_charts import curve_charts
from core_harness.errors import UsageError
from core_harness.evaluation.running import evaluate_spec
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, RunSpec

SMALL: Parameters = {"dataset": WORLD["dataset"]}
SPEC = RunSpec(strategies=("gene-frequency", "voting"), parameters=SMALL)


@pytest.fixture(scope="module")
def found() -> Curve:
    """Return a small curve."""
    return curve(Session(resamples=50), SPEC, (20, 5), draws=3)


def test_a_curve_has_every_method_at_every_budget(found: Curve) -> None:
    assert list(found.methods) == ["gene-frequency", "voting"]
    assert [point.budget for point in found.methods["voting"]] == [5, 20]
    assert all(point.value == 0.5 for point in found.methods["gene-frequency"])
    for point in found.methods["voting"]:
        assert point.value == pytest.approx(sum(point.by_draw) / 3)
        assert point.low is not None
        assert point.high is not None
        assert point.low < point.value < point.high


def test_a_point_is_what_eval_says_of_the_same_budget(found: Curve) -> None:
    spec = RunSpec(strategies=("voting",), parameters=SMALL, support=(5, None), seed=1)
    (result,) = evaluate_spec(Session(resamples=0), spec)
    assert result.report.metrics["macro_gene_auroc"].value == found.methods["voting"][0].by_draw[1]


def test_more_draws_narrow_an_interval_but_not_below_that_of_the_queries() -> None:
    one = curve(Session(resamples=50), SPEC, (10,), draws=1).methods["voting"][0]
    assert one.low is None  # nothing is known of how draws differ


def test_a_chart_shows_each_method_on_one_scale(found: Curve) -> None:
    charts = curve_charts(found)
    assert [chart.title for chart in charts] == ["gene-frequency", "voting"]
    assert charts[0].y.limits == charts[1].y.limits
    assert charts[1].x.labels == ["5", "20"]
    assert f"5: {found.methods['voting'][0].value:.3f} [" in charts[1].description


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"budgets": (10_000,)}, "only .* are measured"),
        ({"budgets": ()}, "at least one budget"),
        ({"metric": "macro_gene"}, "unknown metric 'macro_gene'"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        curve(Session(), SPEC, **options)  # type: ignore[arg-type]


def test_a_method_that_asks_a_model_is_refused() -> None:
    spec = RunSpec(strategies=("isolated",), parameters=SMALL, model="openai/gpt-4.1")
    with pytest.raises(UsageError, match=r"isolated.* asks a model|OPENAI_API_KEY"):
        curve(Session(), spec)
