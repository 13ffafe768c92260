"""Plans of sweeps: which cells they have, and what is wrong with them, in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.errors import UsageError
from core_harness.evaluation.session import Session
from core_harness.suites.cell import CellState
from core_harness.suites.plan import SweepPlan, read_plan, states_of

SESSION = Session()
LEAST = {"datasets": ["simulated"], "strategies": ["constant"]}


def cells(**keys: Any) -> list[CellState]:
    return states_of(SweepPlan.model_validate({**LEAST, **keys}), SESSION)


@given(
    datasets=st.lists(st.sampled_from(["simulated", "simulated-dir", "table:a"]), min_size=1, unique=True),
    free=st.lists(st.sampled_from(["constant", "voting", "voting-one-step"]), unique=True),
    needy=st.lists(st.sampled_from(["isolated", "reasoning", "fused"]), min_size=1, unique=True),
    models=st.lists(st.sampled_from(["qwen", "gpt-4.1", "p/m"]), min_size=1, unique=True),
    controls=st.lists(st.sampled_from(["none", "shuffled-labels"]), min_size=1, unique=True),
    seeds=st.lists(st.integers(0, 9), min_size=1, unique=True),
)
def test_every_combination_is_one_cell_and_a_strategy_that_asks_none_is_run_once(
    datasets: list[str],
    free: list[str],
    needy: list[str],
    models: list[str],
    controls: list[str],
    seeds: list[int],
) -> None:
    found = cells(
        datasets=datasets, strategies=[*free, *needy], models=models, controls=controls, seeds=seeds
    )
    assert len({state.cell for state in found}) == len(found)
    methods = len(free) + len(needy) * len(models)
    assert len(found) == len(datasets) * methods * len(controls) * len(seeds)
    assert all((state.cell.model is None) == (state.cell.strategy in free) for state in found)
    assert all(state.waits and state.spec is not None for state in found)
    assert [state.cell.dataset for state in found] == sorted(
        (state.cell.dataset for state in found), key=datasets.index
    )


def test_a_strategy_that_can_do_without_a_model_asks_where_the_plan_says_so() -> None:
    found = cells(strategies=["voting-one-step"], asking=["voting-one-step"], models=["qwen"])
    assert [state.cell.model for state in found] == [None, "qwen"]


def test_parameters_go_where_they_are_taken() -> None:
    found = cells(
        strategies=["constant", "voting"],
        parameters={"aggregator": {"shrinkage": 2.0}, "dataset": {"genes": 10}},
    )
    given_to = {state.cell.strategy: state.spec.parameters for state in found if state.spec}
    assert given_to == {
        "constant": {"dataset": {"genes": 10}},
        "voting": {"dataset": {"genes": 10}, "aggregator": {"shrinkage": 2.0}},
    }


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"strategies": ["votng"]}, "unknown strategy 'votng'; did you mean 'voting'"),
        ({"regimes": ["cross-context"]}, "regime 'cross-context' needs --support-contexts"),
        ({"regimes": ["unseen-gene"]}, "regime 'unseen-gene' needs --gene-holdout"),
    ],
)
def test_what_makes_no_sense_is_a_cell_with_its_reason(keys: dict[str, Any], reason: str) -> None:
    (state,) = cells(**keys)
    assert reason in str(state.reason)
    assert state.error is not None
    assert not state.waits


def test_each_regime_takes_what_belongs_to_it() -> None:
    regimes = ["unseen-perturbation", "cross-context", "unseen-gene"]
    found = cells(regimes=regimes, support_contexts=["x"], gene_holdout=0.2)
    assert [state.reason for state in found] == [None] * 3
    specs = [state.spec for state in found if state.spec]
    assert [(one.effective_regime, [*one.support_contexts], one.gene_holdout) for one in specs] == [
        ("unseen-perturbation", [], None),
        ("cross-context", ["x"], None),
        ("unseen-gene", [], 0.2),
    ]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"models": ["qwen"]}, "no strategy of the plan needs model 'qwen'"),
        (
            {"parameters": {"aggregator": {"shrinkge": 1}}},
            "no cell takes the aggregator parameter 'shrinkge'",
        ),
    ],
)
def test_what_has_no_effect_is_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        cells(**keys)


@pytest.mark.parametrize(
    ("written", "options", "said"),
    [
        (
            'strateges = ["a"]',
            {},
            "line 3, key strateges: there is no such key; did you mean 'strategies'?",
        ),
        ("seeds = [-1]", {}, "plan.toml, line 3, key seeds.0: input should be greater than or equal to 0"),
        ('controls = ["shufled"]', {}, "plan.toml, line 3, key controls.0"),
        ("seeds = [", {}, "plan.toml: not valid TOML"),
        ("", {"seeds": ["one"]}, "--seeds: input should be a valid integer"),
    ],
)
def test_a_plan_that_is_none_is_one_line(
    written: str, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(f'datasets = ["simulated"]\nstrategies = ["constant"]\n{written}\n')
    with pytest.raises(UsageError) as refused:
        read_plan(plan, options)
    assert said in str(refused.value)
    assert refused.value.exit_code == 2


def test_an_option_replaces_the_key_of_the_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('datasets = ["simulated"]\nstrategies = ["constant"]\nseeds = [0, 1]\nmax_calls = 5\n')
    assert read_plan(plan, {"seeds": ["7"]}) == read_plan(None, {**LEAST, "seeds": [7], "max_calls": 5})
    plan.write_text(plan.read_text() + "[parameters.dataset]\nseed = 1\ngenes = 9\n")
    added = read_plan(plan, {"parameters": {"dataset": {"genes": "8"}, "llm": {"temperature": "1"}}})
    assert added.parameters == {"dataset": {"seed": 1, "genes": "8"}, "llm": {"temperature": "1"}}
    with pytest.raises(UsageError, match="no dataset was named; add --dataset NAME"):
        read_plan(None, {"strategies": ["constant"]})
    with pytest.raises(UsageError, match="cannot be read"):
        read_plan(tmp_path / "nothing.toml", {})
