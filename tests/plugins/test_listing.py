"""``core-harness plugins`` says what there is without importing it, and ``show`` what one of them is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import run_here
from small_packages import installed_package

from core_harness.plugins.catalog import catalog
from core_harness.plugins.component import STAGES
from core_harness.plugins.described import described
from core_harness.plugins.extras import missing_extra
from core_harness.registry.loading import shipped_registry

HOOKS = """
from core_harness import Component, Strategy, hookimpl

@hookimpl
def core_aggregators():
    return [
        Component("coin", f"{__package__}.work:Coin", SUMMARY, extra="fast"),
        Component("gone", f"{__package__}.nowhere:Gone", "its module is not there"),
    ]

@hookimpl
def core_strategies():
    parts = {"retriever": "none", "organizer": "voters", "aggregator": "coin"}
    return [Strategy(name="coin-vote", summary=SUMMARY, **parts)]
"""
WORK = '''
class Coin:
    """Throws a [bold]coin[/bold].

    \\x1b[31mNo colour.
    """
    needs = frozenset({"relations", "evidence"})
    def __init__(self, *, sides: int = 2, name: str | None = None) -> None:
        pass
    def fit(self, task, evidence, answers, labels):
        pass
    def predict(self, task, evidence, answers):
        pass
'''
HOSTILE = "[red]a\x1b[31m coin\n\twith " + "sides " * 20


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Install a plugin with a summary that would colour the terminal, and one that is broken."""
    files = {"hooks.py": f"SUMMARY = {HOSTILE!r}\n{HOOKS}", "work.py": WORK}
    with installed_package(tmp_path, "coins", files) as folder:
        metadata = tmp_path / "coins-1.2.dist-info" / "METADATA"
        with metadata.open("a") as file:
            file.write("Provides-Extra: fast\nRequires-Dist: no-such-package>=1 ; extra == 'fast'\n")
        with installed_package(tmp_path, "torn", {"hooks.py": "1 / 0"}):
            yield folder.parent


def listed(cwd: Path, *options: str) -> dict[str, dict[str, str | None]]:
    content = json.loads(run_here("plugins", *options, "--json", cwd=cwd).stdout)
    return {row["name"]: row for row in content["components"]}


def test_a_row_says_where_a_name_is_from_and_what_it_lacks(home: Path) -> None:
    rows = listed(home)
    coin = rows["coin"]
    assert (coin["kind"], coin["distribution"], coin["version"]) == ("aggregator", "coins", "1.2")
    assert coin["extra_missing"] == "coins[fast]"
    summary = coin["summary"]
    assert summary is not None
    assert summary.startswith("[red]a?[31m coin with sides")
    assert len(summary) == 60
    assert rows["coin-vote"]["kind"] == "strategy"
    assert rows["voting"]["distribution"] is None
    assert rows["gone"]["extra_missing"] is None


def test_what_is_printed_is_not_taken_for_markup(home: Path) -> None:
    done = run_here("plugins", cwd=home)
    assert "[red]a?[31m coin with" in done.stdout
    assert "(needs coins[fast])" in done.stdout
    assert "\x1b" not in done.stdout
    assert "broken: plugin 'torn' of torn: ZeroDivisionError: division by zero" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("kind", ["strategy", *STAGES])
def test_a_kind_alone_can_be_listed(home: Path, kind: str) -> None:
    def rows(*options: str) -> list[dict[str, str]]:
        found = json.loads(run_here("plugins", *options, "--json", cwd=home).stdout)["components"]
        return [row for row in found if row["kind"] == kind]

    assert rows("--kind", kind) == rows() != []


def test_all_names_of_the_registry_and_of_plugins_are_there(home: Path) -> None:
    registry, found = shipped_registry(), catalog()
    rows = listed(home)
    assert set(registry.strategies) | set(registry.datasets) <= set(rows)
    for stage in STAGES:
        assert set(found.names(stage)) <= set(rows)


def test_broken_and_left_out_plugins_are_in_the_json(home: Path) -> None:
    content = json.loads(run_here("plugins", "--no-plugin", "coins", "--json", cwd=home).stdout)
    assert content["left_out"] == ["coins"]
    (broken,) = content["broken"]
    assert broken == {
        "plugin": "torn",
        "distribution": "torn",
        "reason": "ZeroDivisionError: division by zero",
    }


@pytest.mark.slow
def test_the_list_imports_hooks_only(home: Path) -> None:
    program = (
        "import sys\n"
        "from core_harness.cli import cli\n"
        "cli(['plugins'], standalone_mode=False)\n"
        "heavy = {'litellm', 'sklearn', 'polars', 'rdflib', 'scipy', 'numpy', 'pydantic', 'coins.work'}\n"
        "print(sorted(heavy & set(sys.modules)), 'coins.hooks' in sys.modules)"
    )
    path = ":".join([str(home), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": path}
    )
    assert done.stdout.splitlines()[-1] == "[] True"


def test_show_says_what_an_author_or_a_user_asks(home: Path) -> None:
    (shown,) = json.loads(run_here("plugins", "show", "coin", "--json", cwd=home).stdout)["components"]
    assert shown["doc"].startswith("Throws a [bold]coin[/bold].")
    assert shown["parameters"] == [
        {"name": "sides", "type": "int", "default": "2"},
        {"name": "name", "type": "str | None", "default": "None"},
    ]
    assert (shown["gives"], shown["needs"]) == (None, ["evidence", "relations"])
    assert set(shown["frames"]) == {"fit", "predict"}
    assert shown["frames"]["predict"]["returns"]["predictions"]["score"] == "Float64"
    assert set(shown["frames"]["fit"]["gets"]["labels"]) == {"pair_id", "label"}
    printed = run_here("plugins", "show", "coin", cwd=home).stdout
    for part in ("[bold]coin[/bold]", "-p aggregator.sides", "needs: evidence, relations", "coins[fast]"):
        assert part in printed
    assert "\x1b" not in printed


def test_every_built_in_can_be_described() -> None:
    found = catalog()
    for one in found:
        assert described(found, one.stage, one.name)["doc"]


@pytest.mark.parametrize("name", ["voting", "perturbqa/k562", "litellm"])
def test_show_of_a_strategy_a_dataset_and_a_model(name: str) -> None:
    (shown,) = json.loads(run_here("plugins", "show", name, "--json", cwd=Path()).stdout)["components"]
    assert shown["name"] == name
    assert shown["summary"]
    assert name in run_here("plugins", "show", name, cwd=Path()).stdout


def test_show_of_what_cannot_be_shown_is_one_line(home: Path) -> None:
    for name, code, said in (
        ("coyn", 2, "unknown component 'coyn'; did you mean 'coin'"),
        ("gone", 4, "of coins cannot be loaded from coins.nowhere:Gone: ModuleNotFoundError"),
        ("torn@torn", 2, "plugin 'torn' of torn is broken"),
    ):
        done = run_here("plugins", "show", name, cwd=home)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", 1)
        assert said in done.stderr


def test_an_extra_is_missing_where_a_package_of_it_is() -> None:
    assert missing_extra("core-harness", None) is None
    assert missing_extra("core-harness", "no-such-extra") is None
    assert missing_extra("no-such-distribution", "x") is None
    assert missing_extra("core-harness", "plots") is None  # the tests need matplotlib themselves
