"""Dates of datasets and models: said where a model may have read what it is asked."""

from __future__ import annotations

import pytest

from core_harness.evaluation.contamination import Contamination, contamination
from core_harness.evaluation.spec import RunSpec
from core_harness.registry.loading import shipped_registry


def of(dataset: str, model: str | None) -> Contamination | None:
    return contamination(RunSpec(dataset=dataset, model=model), shipped_registry())


def test_a_dataset_that_is_older_than_the_cut_off_may_have_been_read() -> None:
    found = of("perturbqa/k562", "gpt-4.1")
    assert found is not None
    assert found.possible
    assert found.sentence() == (
        "the data of perturbqa/k562 were published in 2022-06, and gpt-4.1 knows the time up to 2024-06: "
        "the model may have read about them"
    )
    assert found.as_dict() == {
        "dataset": "perturbqa/k562",
        "model": "gpt-4.1",
        "published": "2022-06",
        "knowledge_cutoff": "2024-06",
        "possible": True,
    }


def test_a_newer_dataset_cannot_have_been_read() -> None:
    found = of("perturbqa/hepg2", "gpt-4.1")
    assert found is not None
    assert found.possible is False
    assert found.sentence() is None


@pytest.mark.parametrize(
    ("published", "possible"), [("2024-05", True), ("2024-06", True), ("2024-07", False)]
)
def test_the_month_of_the_cut_off_is_among_the_months_that_a_model_knows(
    published: str, possible: bool
) -> None:
    registry = shipped_registry()
    assert registry.models["gpt-4.1"].knowledge_cutoff == "2024-06"
    dataset = registry.datasets["perturbqa/k562"].model_copy(update={"published": published})
    dated = registry.model_copy(update={"datasets": {"screen": dataset}})
    found = contamination(RunSpec(dataset="screen", model="gpt-4.1"), dated)
    assert found is not None
    assert found.possible is possible
    assert (found.sentence() is not None) is possible


@pytest.mark.parametrize("model", ["qwen", "openai/gpt-4.1"])
def test_an_unknown_cut_off_is_no_comfort(model: str) -> None:
    found = of("perturbqa/jurkat-dir", model)
    assert found is not None
    assert found.possible is None
    assert f"the knowledge cut-off of {model} is not known" in str(found.sentence())


@pytest.mark.parametrize(
    ("dataset", "model"), [("simulated", "qwen"), ("table:mine.csv", "qwen"), ("perturbqa/k562", None)]
)
def test_without_a_model_or_a_date_nothing_is_said(dataset: str, model: str | None) -> None:
    assert of(dataset, model) is None


def test_all_shipped_data_have_their_month() -> None:
    published = {
        name: entry.published
        for name, entry in shipped_registry().datasets.items()
        if not name.startswith("simulated")
    }
    assert None not in published.values()
    assert shipped_registry().datasets["simulated"].published is None
