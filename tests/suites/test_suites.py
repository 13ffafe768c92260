"""Suites: what is run, what is not and why, and that nothing is run twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from small_runs import change
from worlds import world

from core_harness.cli import cli
from core_harness.evaluation.session import Session
from core_harness.llm import Settings
from core_harness.registry.entries import SuiteEntry
from core_harness.registry.loading import shipped_registry
from core_harness.runs.folder import list_runs
from core_harness.suites.run import estimate_suite, run_suite
from core_harness.suites.suite import cells
from core_harness.testing import TestServer

SMALL = SuiteEntry(
    summary="two methods without a model, one with",
    datasets=("simulated", "perturbqa/k562"),
    task="de",
    strategies=("gene-frequency", "constant"),
    asking=("isolated",),
    models=("qwen",),
    coverage=1.0,
    reference="gene-frequency",
)


MINE = """schema_version = 1
[datasets.screen]
summary = "mine"
component = "table"
parameters = { path = "screen.csv" }
[suites.mine]
summary = "two methods on my screen"
datasets = ["screen"]
strategies = ["gene-frequency", "constant"]
task = "de"
coverage = 1.0
reference = "gene-frequency"
"""


@pytest.fixture(autouse=True)
def nothing_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No data, no keys, and a cache of its own."""
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    for key in ("TOGETHERAI_API_KEY", "DEEPINFRA_API_KEY"):
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestServer]:
    with TestServer(model="always-plausible") as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TOGETHERAI_API_KEY", "none")
        yield running


def test_shipped_suites_have_their_reference_in_every_dataset() -> None:
    for suite in shipped_registry().suites.values():
        found = {cell.dataset for cell in cells(suite) if cell.strategy == suite.reference}
        assert found == set(suite.datasets)


def test_what_can_be_run_is_run_and_the_rest_has_its_reason(tmp_path: Path) -> None:
    states = run_suite(SMALL, Session(), out=tmp_path / "runs")
    said = {(state.cell.dataset, state.cell.strategy): state.reason for state in states}
    assert said["simulated", "gene-frequency"] is said["simulated", "constant"] is None
    assert "--model qwen asks it" in str(said["simulated", "isolated"])
    assert "core-harness data pull perturbqa" in str(said["perturbqa/k562", "constant"])
    assert len(list_runs(tmp_path / "runs")) == 2


def test_a_model_without_a_key_is_a_reason(tmp_path: Path) -> None:
    (reason,) = {s.reason for s in run_suite(SMALL, Session(), out=tmp_path, model="qwen") if s.cell.model}
    assert reason is not None
    assert "TOGETHERAI_API_KEY" in reason


def test_nothing_is_run_twice_and_what_is_lacking_is_added(tmp_path: Path) -> None:
    first, second, *_ = run_suite(SMALL, Session(), out=tmp_path)
    assert first.run is not None
    assert second.run is not None
    shutil.rmtree(second.run.folder)
    again, added, *_ = run_suite(SMALL, Session(), out=tmp_path)
    assert again.run is not None
    assert again.run.folder == first.run.folder
    assert added.run is not None
    assert added.run.state == "complete"
    other_seed, *_ = run_suite(SMALL, Session(), out=tmp_path, seed=1)
    assert other_seed.run is not None
    assert other_seed.run.folder != first.run.folder


@pytest.mark.slow
def test_limits_are_for_the_whole_suite_and_what_was_cut_off_goes_on(
    tmp_path: Path, server: TestServer
) -> None:
    twice = SMALL.model_copy(update={"datasets": ("simulated",), "asking": ("isolated", "isolated")})
    states = run_suite(twice, Session(settings=Settings(max_calls=20)), out=tmp_path, model="qwen")
    cut, not_asked = (state for state in states if state.cell.model)
    assert cut.reason is not None
    assert cut.reason.startswith("partial")
    assert not_asked.reason == "not asked: what --max-calls allows is used up"
    assert server.stats.requests == 20
    one = twice.model_copy(update={"asking": ("isolated",)})
    run_suite(one, Session(settings=Settings(max_calls=25)), out=tmp_path, model="qwen")
    assert server.stats.requests == 25
    assert len(list_runs(tmp_path)) == 3


def test_a_dry_run_prices_every_cell_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOGETHERAI_API_KEY", "none")
    states = estimate_suite(SMALL, Session(), out=tmp_path / "runs", model="qwen")
    (asks,) = (state for state in states if state.estimate is not None)
    assert (asks.cell.dataset, asks.cell.strategy) == ("simulated", "isolated")
    assert asks.estimate is not None
    assert asks.estimate.calls > 1000
    assert asks.estimate.cost is not None
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_the_command(tmp_path: Path) -> None:
    arguments = ["eval", "--suite", "simulated", "--out", str(tmp_path)]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "SIMULATED" in done.output
    assert "unseen-perturbation regime, seed 0" in done.output
    assert f"leaderboard build {tmp_path} --suite simulated" in done.output
    content = json.loads(CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False).stdout)
    assert [cell["reason"] for cell in content["cells"]] == [None] * 6
    assert content["cells"][0]["report"]["coverage"]["pairs"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--suite", "simulatd"], "unknown suite 'simulatd'; did you mean 'simulated'?"),
        (["--suite", "simulated", "--limit", "5"], "--limit does not go with --suite"),
        (["--suite", "simulated", "-s", "voting"], "--strategy does not go with --suite"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(cli, ["eval", *arguments], catch_exceptions=False)
    assert done.exit_code == 2
    assert said in done.output


def test_a_suite_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a table and a registry file to a ranked board, in three commands."""
    monkeypatch.chdir(tmp_path)
    world(perturbations=40).write_csv("screen.csv")
    Path("mine.toml").write_text(MINE)
    ran = CliRunner().invoke(
        cli, ["eval", "--suite", "mine", "--registry", "mine.toml"], catch_exceptions=False
    )
    assert ran.exit_code == 0, ran.output
    assert "SIMULATED" not in ran.output
    build = ["leaderboard", "build", "runs", "--suite", "mine", "--registry", "mine.toml"]
    built = CliRunner().invoke(cli, build, catch_exceptions=False)
    assert built.exit_code == 0, built.output
    assert Path("site/index.html").is_file()
    Path("mine.toml").write_text(MINE.replace('"constant"', '"konstant"'))
    refused = CliRunner().invoke(cli, build, catch_exceptions=False)
    assert refused.exit_code == 6
    assert "mine.toml, line 9, key suites.mine.strategies: unknown strategy 'konstant'" in refused.output
    assert len(list_runs(Path("runs"))) == 2


def test_a_run_on_other_rows_of_the_same_file_is_not_the_suites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(MINE)
    suite = ["eval", "--suite", "mine", "--registry", "mine.toml"]
    for perturbations, number in ((40, 2), (41, 4), (41, 4)):
        world(perturbations=perturbations).write_csv("screen.csv")
        ran = CliRunner().invoke(cli, suite, catch_exceptions=False)
        assert ran.exit_code == 0, ran.output
        assert len(list_runs(Path("runs"))) == number


CHANGES: dict[str, dict[str, Any]] = {
    "parameters": {"method": {"components": {"aggregator": {"parameters": {"value": 0.25}}}}},
    "release": {"method": {"components": {"aggregator": {"version": "0.0.1"}}}},
    "class": {"method": {"components": {"aggregator": {"target": "made.up:Other"}}}},
    "dataset": {"dataset": {"parameters": {"seed": 7}}},
    "part": {"part": {"limit": 5}},
    "control": {"control": "shuffled-labels"},
    "regime": {"task": {"regime": "unseen-gene", "gene_holdout": 0.2}},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_run_of_the_same_name_that_is_another_is_not_the_suites(what: str, tmp_path: Path) -> None:
    one = SMALL.model_copy(update={"datasets": ("simulated",), "strategies": ("constant",), "asking": ()})
    session = Session()
    (first,) = run_suite(one, session, out=tmp_path)
    assert first.run is not None
    change(first.run, **CHANGES[what])
    (again,) = run_suite(one, session, out=tmp_path)
    assert again.run is not None
    assert again.run.folder != first.run.folder
    change(again.run, method={"label": "renamed", "strategy": "other"})
    (found,) = run_suite(one, session, out=tmp_path)
    assert found.run is not None
    assert found.run.folder == again.run.folder
