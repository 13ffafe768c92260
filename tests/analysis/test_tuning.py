"""Choosing parameters: what is tried, what is chosen, and on what."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import world

from core_harness import RunSpec, Session, open_registry
from core_harness.analysis.crossvalidated import draw_perturbations, resampled
from core_harness.analysis.tuning import Tried, TuneSpec, Tuning, parse_tries, tune
from core_harness.analysis.tuning.grid import LARGEST, merged, settings_of
from core_harness.errors import UsageError
from core_harness.evaluation.crossvalidate import crossvalidate, support_of
from core_harness.metrics.paired import holm

SMALL: Any = {"dataset": {"perturbations": 100, "genes": 20, "modules": 8, "sparsity": 0.2}}

names = st.sampled_from(["retriever.a", "retriever.b", "organizer.a", "aggregator.c"])
values = st.lists(st.text("xyz01.", min_size=1, max_size=3), min_size=1, max_size=4, unique=True)
grids = st.dictionaries(names, values, min_size=1)


def tries_of(grid: dict[str, list[str]]) -> Any:
    return parse_tries([f"{name}={','.join(listed)}" for name, listed in grid.items()])


@given(grids)
def test_settings_are_the_product_in_the_order_of_the_options(grid: dict[str, list[str]]) -> None:
    found = settings_of(tries_of(grid))
    wanted = [dict(zip(grid, chosen, strict=True)) for chosen in product(*grid.values())]
    flat = [{f"{stage}.{name}": v for stage, of in one.items() for name, v in of.items()} for one in found]
    assert flat == wanted


@given(grids, st.integers(1, 300), st.integers(0, 9))
def test_a_draw_is_part_of_the_product_in_its_order(
    grid: dict[str, list[str]], number: int, seed: int
) -> None:
    tries = tries_of(grid)
    everything, drawn = settings_of(tries), settings_of(tries, draw=number, seed=seed)
    assert len(drawn) == min(number, len(everything))
    places = [everything.index(one) for one in drawn]
    assert places == sorted(set(places))
    assert drawn == settings_of(tries, draw=number, seed=seed)


def test_a_large_product_is_drawn_from_and_otherwise_refused() -> None:
    tries = parse_tries([f"aggregator.p{at}={','.join(map(str, range(10)))}" for at in range(12)])
    assert len(settings_of(tries, draw=7)) == 7
    with pytest.raises(UsageError, match=r"1,000,000,000,000 settings are more than 2,000; --random N"):
        settings_of(tries)
    with pytest.raises(UsageError, match=f"{LARGEST + 1:,} settings"):
        settings_of(tries, draw=LARGEST + 1)


def test_values_may_hold_commas_where_semicolons_part_them() -> None:
    assert parse_tries(["retriever.layers=go-bp,go-cc;string"]) == {
        ("retriever", "layers"): ["go-bp,go-cc", "string"]
    }
    assert parse_tries(["retriever.without=;go-mf"]) == {("retriever", "without"): ["", "go-mf"]}


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        ([], "nothing to try"),
        (["power=1"], "--try 'power=1' is not STAGE.NAME=VALUE"),
        (["agregator.power=1"], "did you mean 'aggregator'"),
        (["llm.temperature=1"], "not of the llm"),
        (["dataset.seed=1,2"], "not of the dataset"),
        (["aggregator.power=1", "aggregator.power=2"], "given twice"),
    ],
)
def test_what_cannot_be_tried_is_refused(assignments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_tries(assignments)


def test_the_second_of_two_settings_wins() -> None:
    first: Any = {"aggregator": {"power": 1, "shrinkage": 2}, "dataset": {"seed": 1}}
    assert merged(first, {"aggregator": {"power": "3"}}) == {
        "aggregator": {"power": "3", "shrinkage": 2},
        "dataset": {"seed": 1},
    }


def found(*tried: str, session: Session | None = None, **words: Any) -> Tuning:
    usual: dict[str, Any] = {
        "strategy": "voting-one-step",
        "datasets": ["simulated"],
        "parameters": SMALL,
        "folds": 3,
    }
    return tune(session or Session(resamples=200), TuneSpec(tries=parse_tries(tried), **(usual | words)))


def power(one: Tried) -> Any:
    return one.tried["aggregator"]["power"]


def test_the_figures_are_those_of_cross_validation() -> None:
    tuning = found("aggregator.power=0.5,2")
    session = Session()
    spec = RunSpec(strategies=("voting-one-step",), parameters=merged(SMALL, {"aggregator": {"power": 0.5}}))
    (method,) = session.methods(spec)
    frame = crossvalidate(session, spec, method, folds=3)
    wanted = resampled([frame], draw_perturbations([frame], resamples=200))
    (one,) = (one for one in tuning.settings if power(one) == 0.5)
    assert one.value == wanted.value
    assert (one.low, one.high) == wanted.interval("macro_gene_auroc")
    assert one.by_dataset == {"simulated": wanted.value}
    assert tuning.datasets[0].sha256 == support_of(session, spec).digest


def test_the_present_setting_is_compared_with_all_and_equal_settings_count_once() -> None:
    tuning = found("aggregator.power=1,1.0,2")
    assert sorted(map(power, tuning.settings)) == [1.0, 2.0]
    present = next(one for one in tuning.settings if one.present)
    assert power(present) == 2.0
    assert (present.gain, present.p_holm) == (0, None)
    other = next(one for one in tuning.settings if not one.present)
    assert other.difference.value == pytest.approx(other.value - present.value)
    assert other.p_holm == other.difference.p


def test_a_significantly_better_setting_is_chosen() -> None:
    tuning = found("aggregator.power=2", parameters=SMALL | {"aggregator": {"shrinkage": "1000"}}, folds=4)
    assert tuning.chosen.present  # nothing but the present setting was tried
    tuning = found(
        "retriever.network_share=0.5,1", parameters=SMALL | {"retriever": {"layers": "interactions"}}
    )
    assert (
        tuning.chosen.present
    )  # of one kind of layer the share changes nothing: the earlier of equals stays
    assert [one.gain for one in tuning.settings] == [0, 0]
    blind = {"aggregator": {"power": "0"}}  # all neighbours count the same
    tuning = found("aggregator.power=0,2", parameters=SMALL | blind)
    assert power(tuning.chosen) == 2.0
    assert tuning.chosen.significant
    assert tuning.chosen is tuning.settings[0]
    assert (
        tuning.verdict()
        == "aggregator.power=2.0 is chosen: it is significantly better than the present setting"
    )


def test_the_present_setting_stays_where_nothing_is_significantly_better() -> None:
    words: dict[str, Any] = {"parameters": SMALL | {"aggregator": {"power": "1.9"}}}
    tuning = found("aggregator.power=1.5,1.8,2.1", **words)
    best = tuning.settings[0]
    assert not best.present
    assert not best.significant
    assert tuning.chosen.present
    assert tuning.verdict().startswith(
        "nothing is significantly better than the present setting, which stays"
    )
    taken = found("aggregator.power=1.5,1.8,2.1", choose="best", **words)
    assert taken.chosen is taken.settings[0]
    assert power(taken.chosen) == power(best)
    assert "because the best was asked for" in taken.verdict()


def test_p_values_are_adjusted_for_all_that_were_tried() -> None:
    others = [one for one in found("aggregator.power=0,1,4,5").settings if not one.present]
    assert len(others) == 4
    wanted = holm([one.difference.p for one in others])
    assert [one.p_holm for one in others] == wanted
    assert wanted != [one.difference.p for one in others]


def test_less_is_better_where_the_criterion_says_so() -> None:
    tuning = found(
        "aggregator.power=0,2", criterion="log_loss", parameters=SMALL | {"aggregator": {"power": 0}}
    )
    assert power(tuning.chosen) == 2.0
    assert tuning.chosen.value < tuning.settings[-1].value
    assert tuning.chosen.gain > 0
    assert (tuning.chosen.difference.high or 0) < 0


def test_controls_show_the_chosen_setting() -> None:
    controls = ["shuffled-labels", "positives-only"]
    tuning = found("aggregator.power=2", controls=controls, control_seeds=2)
    # a loss has no level of chance, so that it says nothing under a control
    by_loss = found("aggregator.power=2", controls=controls, control_seeds=2, criterion="log_loss")
    assert tuning.control_metric == by_loss.control_metric == "macro_gene_auroc"
    assert by_loss.controls == tuning.controls
    assert tuning.controls["shuffled-labels"].seeds == 2
    assert tuning.controls["shuffled-labels"].value == pytest.approx(0.5, abs=0.08)
    assert tuning.controls["positives-only"].seeds == 1
    assert tuning.controls["shuffled-labels"].value < tuning.chosen.value


REGISTRY = """schema_version = 1
[strategies.blind]
summary = "votes of random neighbours"
retriever = "random"
organizer = "voters"
aggregator = "vote"
parameters = { aggregator = { power = 3 } }
"""


@pytest.fixture
def blind(tmp_path: Path) -> Session:
    (tmp_path / "registry.toml").write_text(REGISTRY)
    return Session(open_registry(tmp_path / "registry.toml"), resamples=50)


@pytest.mark.parametrize("contexts", [(), ("b",)])
def test_no_test_row_is_read(tmp_path: Path, blind: Session, contexts: tuple[str, ...]) -> None:
    rows = world(contexts=("a", "b"), genes=6)
    test = pl.col("split") == "test"
    flipped = pl.when(test).then(1 - pl.col("label")).otherwise("label").cast(pl.UInt8)
    versions = (
        rows,
        rows.with_columns(flipped.alias("label")),
        pl.concat([rows.filter(~test), rows.filter(test).head(1)]),
    )
    printed = []
    for version in versions:
        path = tmp_path / "t.csv"
        version.write_csv(path)
        session = Session(blind.registry, resamples=50)
        tuning = found(
            "aggregator.power=1,2",
            session=session,
            strategy="blind",
            datasets=[f"table:{path}"],
            parameters={},
            support_contexts=contexts,
            controls=["shuffled-labels"],
            control_seeds=2,
        )
        entry = tuning.entry(blind.registry.strategies["blind"])
        printed.append((tuning.as_dict(), entry.model_dump()))
    assert printed[0] == printed[1] == printed[2]


def test_two_datasets_count_the_same_and_leave_out_their_own_context(tmp_path: Path, blind: Session) -> None:
    for name in ("a", "b"):
        world(contexts=("a", "b"), perturbations=40, seed=ord(name)).write_csv(tmp_path / f"{name}.csv")
    datasets = [f"table:{tmp_path}/{name}.csv" for name in "ab"]
    words: dict[str, Any] = {"session": blind, "strategy": "blind", "parameters": {}}
    tuning = found("aggregator.power=1", datasets=datasets, **words)
    for one in tuning.settings:
        assert list(one.by_dataset) == datasets
        assert one.value == pytest.approx(sum(one.by_dataset.values()) / 2)
    with pytest.raises(UsageError, match="unknown context 'z'"):
        found("aggregator.power=1", datasets=datasets, support_contexts=("z",), **words)


def test_an_entry_writes_what_was_tried_and_what_the_strategy_had(blind: Session) -> None:
    spec = TuneSpec(
        strategy="blind",
        datasets=["simulated"],
        tries=parse_tries(["aggregator.shrinkage=.1,5"]),
        parameters=SMALL,
        folds=3,
    )
    tuning = tune(blind, spec)
    entry = tuning.entry(blind.registry.strategies["blind"])
    assert entry.parameters["aggregator"] == {
        "power": 3.0,
        "shrinkage": tuning.chosen.tried["aggregator"]["shrinkage"],
    }
    assert set(entry.parameters) == {"aggregator"}
    assert entry.tuned is not None
    assert (entry.tuned.strategy, entry.tuned.tried, entry.tuned.folds) == ("blind", 2, 3)
    assert entry.tuned.value == pytest.approx(tuning.chosen.value, abs=1e-6)


@pytest.mark.parametrize(
    ("tried", "words", "message"),
    [
        ("aggregator.power=x", {}, "power='x'"),
        ("aggregator.powr=1", {}, "did you mean 'power'"),
        ("aggregator.power=1", {"strategy": "votng"}, "did you mean 'voting'"),
        ("aggregator.power=1", {"strategy": "reasoning"}, "reasoning asks a model"),
        ("aggregator.power=1", {"criterion": "macro_gene"}, "unknown metric"),
        ("aggregator.power=1", {"criterion": "gene_prior_correlation"}, "only describes"),
        ("aggregator.power=1", {"controls": ["shuffled"]}, "unknown control"),
        ("aggregator.power=1", {"datasets": ["simulated", "simulated"]}, "each once"),
        ("aggregator.power=1", {"draw": 0}, "at least 1"),
        ("aggregator.power=1", {"folds": 500}, "500 folds of 80 perturbations"),
        ("aggregator.power=1", {"support_contexts": ["other"]}, "unknown context 'other'"),
    ],
)
def test_what_cannot_be_tuned_is_one_line(tried: str, words: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        found(tried, **words)
