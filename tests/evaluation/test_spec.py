"""From words to checked components."""

from __future__ import annotations

from typing import Any

import pytest

from core_harness.errors import UsageError
from core_harness.evaluation.methods import make_dataset, make_methods
from core_harness.evaluation.spec import RunSpec, parse_parameters
from core_harness.plugins.catalog import catalog
from core_harness.registry.loading import shipped_registry


def methods(**words: Any) -> list[Any]:
    return make_methods(RunSpec(**words), shipped_registry(), catalog())


def test_every_shipped_strategy_and_dataset_can_be_made() -> None:
    registry = shipped_registry()
    made = methods(strategies=tuple(registry.strategies), model="qwen-local")
    assert [method.label for method in made] == list(registry.strategies)
    grades = [name for name in registry.strategies if name.startswith("voting")]
    asks = {*grades, "isolated", "few-shot", "flat", "reasoning", "fused"}
    assert {method.strategy for method in made if method.asks} == asks
    assert [method.strategy for method in made if method.grades] == grades
    for name in registry.datasets:
        make_dataset(RunSpec(dataset=name), registry, catalog())


def test_a_label_says_what_was_set_otherwise() -> None:
    words = {
        "strategies": ("voting",),
        "retriever": "symbol",
        "parameters": parse_parameters(["aggregator.power=1"]),
    }
    (method,) = methods(**words)
    assert method.label == "voting[retriever=symbol,aggregator.power=1]"
    assert method.aggregator.object.power == 1.0
    assert method.aggregator.reference.parameters == {
        "power": 1.0,
        "shrinkage": 0.01,
        "unlisted_weight": 0.0,
    }


def test_a_parameter_goes_to_the_methods_that_take_it() -> None:
    plain, vote = methods(
        strategies=("constant", "voting"), parameters=parse_parameters(["aggregator.power=1"])
    )
    assert plain.label == "constant"
    assert vote.aggregator.object.power == 1.0


def test_a_dataset_can_be_a_path() -> None:
    made = make_dataset(RunSpec(dataset="table:some:where.csv"), shipped_registry(), catalog())
    assert made.reference.parameters["path"] == "some:where.csv"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            {"strategies": ("votign",)},
            "unknown strategy 'votign'; did you mean 'voting' or",
        ),
        ({"strategies": ()}, "no strategy was named"),
        ({"strategies": ("voting", "voting")}, "asked for twice: voting"),
        ({"retriever": "kgg"}, "unknown retriever 'kgg'; did you mean 'kg'?"),
        (
            {"strategies": ("voting",), "organizer": "none"},
            "aggregator 'vote' needs evidence, which organizer 'none'",
        ),
        (
            {"parameters": {"aggregator": {"shrinkag": "1"}}},
            "unknown aggregator parameter 'shrinkag'; did you mean 'shrinkage'?",
        ),
        ({"parameters": {"aggregator": {"power": "a lot"}}}, "parameter power='a lot'"),
        ({"regime": "lenient"}, "unknown regime 'lenient'"),
        (
            {"control": "shuffled"},
            "unknown control 'shuffled'; did you mean 'shuffled-labels' or",
        ),
        ({"only": "evaluables"}, "unknown part 'evaluables'; did you mean 'evaluable'?"),
        ({"limit": 0}, "limit is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_what_does_not_exist_or_fit_is_one_line(words: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        methods(**words)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("perturbqa/k652", "unknown dataset 'perturbqa/k652'; did you mean 'perturbqa/k562'"),
        ("tabel:x.csv", "unknown dataset 'tabel'; did you mean 'table'?"),
    ],
)
def test_an_unknown_dataset_is_one_line(dataset: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_dataset(RunSpec(dataset=dataset), shipped_registry(), catalog())
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("aggregator.power", "is not STAGE.NAME=VALUE"),
        ("power=1", "is not STAGE.NAME=VALUE"),
        ("agregator.power=1", "unknown stage 'agregator'; did you mean 'aggregator'?"),
    ],
)
def test_an_assignment_that_is_none_is_one_line(assignment: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_parameters([assignment])
    assert message in str(caught.value)
