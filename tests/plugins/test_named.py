"""What a name means: a built-in, the only one, or the one of a distribution; strategies of plugins too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from program import run_here
from small_packages import installed_package

from core_harness import Component, Session, Strategy, evaluate
from core_harness.errors import RegistryError, UsageError
from core_harness.plugins.catalog import Catalog, catalog
from core_harness.plugins.discovery import Found, FoundStrategy
from core_harness.plugins.registries import open_registry
from core_harness.plugins.strategies import strategies, strategy_named
from core_harness.registry.loading import shipped_registry
from core_harness.runs.folder import find_run

HOOKS = """
from core_harness import Component, Strategy, hookimpl

@hookimpl
def core_aggregators():
    return [Component(name, f"{__package__}.work:Coin", "a coin") for name in ("coin", "vote")]

@hookimpl
def core_strategies():
    return [
        Strategy(
            name="coin-vote",
            summary="a coin on [b]all\\tevidence",
            retriever="none",
            organizer="voters",
            aggregator="coin",
            parameters={"aggregator": {"sides": 6}},
        ),
        Strategy(name="voting", summary="", retriever="none", organizer="voters", aggregator="vote"),
    ]
"""
WORK = """
import polars as pl

class Coin:
    needs = frozenset()
    def __init__(self, *, sides: int = 2) -> None:
        self.sides = sides
    def predict(self, task, evidence, answers):
        return evidence.pairs.select("pair_id", score=pl.lit(1 / self.sides), status=pl.lit("ok"))
"""
FILES = {"hooks.py": HOOKS, "work.py": WORK}


@pytest.fixture
def heads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install a plugin called heads, whose component and strategy have names that built-ins have too."""
    monkeypatch.chdir(tmp_path)
    with installed_package(tmp_path, "heads", FILES) as home:
        yield home


@pytest.fixture
def tails(heads: Path, tmp_path: Path) -> Iterator[Path]:
    """Install a second plugin with the same names."""
    with installed_package(tmp_path, "tails", FILES) as home:
        yield home


def test_a_built_in_wins_and_the_other_one_is_named_with_its_distribution(heads: Path) -> None:
    found = catalog()
    assert found.find("aggregator", "vote").distribution == "core-harness"
    assert found.find("aggregator", "vote@heads").registered.target == "heads.work:Coin"
    assert found.find("aggregator", "vote@core-harness") is found.find("aggregator", "vote")
    assert {"coin", "vote", "vote@heads"} <= set(found.names("aggregator"))
    with pytest.raises(UsageError, match="unknown aggregator 'vote@elsewhere'"):
        found.find("aggregator", "vote@elsewhere")


def test_of_two_plugins_a_bare_name_is_refused_on_use_only(tails: Path) -> None:
    made = catalog()
    for name in ("coin@heads", "coin@tails", "coin@Tails"):
        assert made.make("aggregator", name, {}).reference.name == "coin"
    with pytest.raises(UsageError, match="register aggregator 'coin'; write coin@heads or coin@tails"):
        made.make("aggregator", "coin", {})
    assert evaluate(strategies="gene-frequency")


def test_a_strategy_of_a_plugin_runs_and_is_made_again(heads: Path) -> None:
    (result,) = evaluate(strategies="coin-vote", out="runs")
    assert result.strategy == "coin-vote"
    assert result.run is not None
    manifest = find_run(str(result.run), Path()).manifest
    recorded = manifest.method.components["aggregator"]
    assert (recorded.name, recorded.distribution, recorded.version) == ("coin", "heads", "1.2")
    assert recorded.parameters == {"sides": 6}
    again = Session().method(manifest.method)
    assert again.reference.definition_sha256 == manifest.method.definition_sha256


def test_the_registry_hides_a_strategy_of_the_same_name(heads: Path) -> None:
    registry, components = shipped_registry(), catalog()
    assert strategy_named("voting", registry, components) is registry.strategies["voting"]
    hidden = strategy_named("voting@heads", registry, components)
    assert (hidden.aggregator, hidden.retriever) == ("vote@heads", "none")
    (result,) = evaluate(strategies="voting@heads")
    assert result.method.components["aggregator"].distribution == "heads"
    assert {"voting", "voting@heads", "coin-vote"} <= set(strategies(registry, components))
    with pytest.raises(UsageError, match="unknown strategy 'coin-vot'; did you mean 'coin-vote'"):
        strategy_named("coin-vot", registry, components)


def test_two_strategies_of_one_name_are_refused_bare(tails: Path) -> None:
    with pytest.raises(UsageError, match="write coin-vote@heads or coin-vote@tails"):
        evaluate(strategies="coin-vote")
    names = set(strategies(shipped_registry(), catalog()))
    assert {"coin-vote@heads", "coin-vote@tails"} <= names
    assert "coin-vote" not in names


def test_commands_know_strategies_of_plugins(heads: Path) -> None:
    listed = json.loads(run_here("plugins", "--json", cwd=Path()).stdout)["components"]
    (own,) = [row for row in listed if row["name"] == "coin-vote"]
    assert (own["kind"], own["summary"]) == ("strategy", "a coin on [b]all evidence")
    assert "[b]all evidence" in run_here("plugins", cwd=Path()).stdout
    pair = ("--perturbation", "S3-P03", "--gene", "G001")
    for arguments in (
        ("eval", "-s", "coin-vote,voting@heads", "--json"),
        ("tune", "coin-vote", "--try", "aggregator.sides=3,4", "-o", "mine.toml", "--name", "tuned"),
        ("eval", "-s", "tuned", "--registry", "mine.toml"),
        ("explain", "-s", "coin-vote", *pair),
    ):
        done = run_here(*arguments, cwd=Path())
        assert done.returncode == 0, done.stderr
    assert open_registry(Path("mine.toml")).strategies["tuned"].aggregator == "coin@heads"


SUITE = """schema_version = 1
[suites.mine]
summary = "a coin"
datasets = ["simulated"]
task = "de"
strategies = ["gene-frequency", "coin-vote"]
coverage = 1.0
reference = "gene-frequency"
"""


def test_a_suite_may_name_a_strategy_of_a_plugin(heads: Path) -> None:
    Path("mine.toml").write_text(SUITE)
    done = run_here("eval", "--suite", "mine", "--registry", "mine.toml", "--json", cwd=Path())
    assert done.returncode == 0, done.stderr
    assert [cell["strategy"] for cell in json.loads(done.stdout)["cells"]] == ["gene-frequency", "coin-vote"]
    assert "coin-vote" in open_registry(Path("mine.toml")).suites["mine"].strategies
    Path("mine.toml").write_text(SUITE.replace("coin-vote", "coin-vota"))
    with pytest.raises(RegistryError, match="unknown strategy 'coin-vota'"):
        open_registry(Path("mine.toml"))


def installed_wrong(folder: Path, written: str, wrong: str) -> AbstractContextManager[Path]:
    """Install the plugin with a part of its hooks written in another way."""
    assert written in HOOKS
    return installed_package(folder, "heads", {**FILES, "hooks.py": HOOKS.replace(written, wrong)})


@pytest.mark.parametrize(
    ("written", "wrong", "reason"),
    [
        ('retriever="none"', "retriever=None", "has the retriever None, wanted a name"),
        ('retriever="none"', 'retriever="/etc/none"', "is no name"),
        ('{"aggregator"', '{"llm"', "has parameters of 'llm'"),
        ('"sides": 6', '"sides": [6]', "aggregator.sides is [6], wanted text or number"),
        ('summary=""', "summary=1", "has the summary 1"),
        ('name="voting"', 'name="my voting"', "is no name"),
    ],
)
def test_a_strategy_that_cannot_be_one_breaks_its_plugin_only(
    tmp_path: Path, written: str, wrong: str, reason: str
) -> None:
    with installed_wrong(tmp_path, written, wrong):
        (broken,) = catalog().broken
        assert reason in broken.reason
        assert evaluate(strategies="gene-frequency")
        with pytest.raises(UsageError, match="plugin 'heads' of heads is broken"):
            evaluate(strategies="coin-vote")


@pytest.mark.parametrize(
    ("written", "wrong", "reason"),
    [
        (
            'organizer="voters",\n            aggregator="coin"',
            'organizer="gone",\n            aggregator="coin"',
            "unknown organizer 'gone'",
        ),
        ('"sides": 6', '"faces": 6', "unknown parameter of aggregator 'coin@heads' 'faces'"),
    ],
)
def test_a_strategy_that_chooses_what_is_not_there_fails_alone(
    tmp_path: Path, written: str, wrong: str, reason: str
) -> None:
    with installed_wrong(tmp_path, written, wrong):
        done = run_here("eval", "-s", "coin-vote,gene-frequency", "--json", cwd=tmp_path)
    (failed,) = json.loads(done.stdout)["failures"].values()
    assert failed.startswith(f"strategy 'coin-vote' of heads: {reason}")
    assert [one["strategy"] for one in json.loads(done.stdout)["results"]] == ["gene-frequency"]
    assert done.returncode == 4


def test_names_without_an_installation() -> None:
    """A strategy's bare name means one of its distribution first, then what it means everywhere."""
    found = [
        Found(Component("vote", f"{who}:X", ""), who, "1", "aggregator") for who in ("core-harness", "a")
    ]
    other = Strategy(name="s", summary="", retriever="kg", organizer="voters", aggregator="vote")
    of_two = Catalog(found, (), [FoundStrategy(other, who, "1") for who in ("a", "b")])
    entries = strategies(shipped_registry(), of_two)
    assert (entries["s@a"].aggregator, entries["s@b"].aggregator) == ("vote@a", "vote")
