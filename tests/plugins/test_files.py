"""A plugin that is one file: named on the command line, known by its digest in the record of a run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from program import run_here

from core_harness.runs.folder import list_runs

MINE = '''
import polars as pl

class Base:
    """No component: it has no method of a stage."""

class Coin(Base):
    """A coin."""
    needs = frozenset()
    def __init__(self, *, sides: int = 2) -> None:
        self.sides = sides
    def predict(self, task, evidence, answers):
        return evidence.pairs.select("pair_id", score=pl.lit(1 / self.sides), status=pl.lit("ok"))

class Data:
    question, agent, simulated = "de", "knockdown", True
    def rows(self):
        pairs = [(p, g) for p in range(9) for g in range(4)]
        rows = [("c", f"P{p}", f"G{g}", (p + g) % 2, "test" if p < 3 else "train") for p, g in pairs]
        return pl.DataFrame(rows, schema=["context", "perturbation", "gene", "label", "split"], orient="row")
'''
HOOKS = """
from core_harness import Component, Strategy, hookimpl

@hookimpl
def core_aggregators():
    return [Component("coin", f"{__name__}:Coin", "a coin")]

@hookimpl
def core_strategies():
    return [Strategy(name="coin-vote", summary="", retriever="none", organizer="voters", aggregator="coin")]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a file of classes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "a-folder" / "coin_file.py").write_text(MINE)
    return tmp_path


def test_a_class_of_a_file_runs_and_its_digest_is_in_the_record(home: Path) -> None:
    named = ("--aggregator", "./a-folder/coin_file.py:Coin", "--dataset", "a-folder/coin_file.py:Data")
    done = run_here("eval", "-s", "voting", "--retriever", "none", *named, cwd=home)
    assert done.returncode == 0, done.stderr
    (run,) = list_runs(home / "runs")
    recorded = run.manifest.method.components["aggregator"]
    digest = hashlib.sha256((home / "a-folder" / "coin_file.py").read_bytes()).hexdigest()
    assert (recorded.name, recorded.distribution) == ("Coin", "coin_file.py")
    assert recorded.version == run.manifest.dataset.version == f"sha256:{digest}"
    assert "a-folder" not in (run.folder / "run.json").read_text()  # nothing says where the file lies
    assert "aggregator=Coin@coin_file.py" in run.manifest.method.label


def test_hooks_of_a_file_register(home: Path) -> None:
    (home / "coin_file.py").write_text(MINE + HOOKS)
    arguments = ("eval", "--plugin", "coin_file.py", "-s", "coin-vote", "--json")
    done = run_here(*arguments, cwd=home)
    assert done.returncode == 0, done.stderr
    assert run_here("eval", "-s", "coin-vote", cwd=home).returncode == 2  # without the option it is unknown


def test_a_run_of_a_file_is_made_again_with_the_same_file_only(home: Path) -> None:
    pair = ("--perturbation", "P1", "--gene", "G1")
    named = ("--aggregator", "a-folder/coin_file.py:Coin", "--dataset", "a-folder/coin_file.py:Data")
    assert run_here("eval", "-s", "voting", "--retriever", "none", *named, cwd=home).returncode == 0
    (run,) = list_runs(home / "runs")
    explain = ("explain", "--run", run.folder.name, *pair)
    without = run_here(*explain, cwd=home)
    assert without.returncode == 5
    assert "is from the file coin_file.py" in without.stderr
    assert "name it with --plugin FILE" in without.stderr
    again = run_here(*explain, "--plugin", "a-folder/coin_file.py", cwd=home)
    assert again.returncode == 0, again.stderr
    with (home / "a-folder" / "coin_file.py").open("a") as file:
        file.write("\n# another line\n")
    changed = run_here(*explain, "--plugin", "a-folder/coin_file.py", cwd=home)
    assert changed.returncode == 5
    assert "the file coin_file.py (sha256:" in changed.stderr
    assert "has changed since the run; run it again" in changed.stderr


def test_a_record_cannot_name_a_file_to_load(home: Path) -> None:
    (home / "evil.py").write_text("from pathlib import Path\nPath('loaded').touch()\n" + MINE)
    assert run_here("eval", "-s", "constant", cwd=home).returncode == 0
    (run,) = list_runs(home / "runs")
    content = json.loads((run.folder / "run.json").read_text())
    content["task"]["dataset"] = str(home / "evil.py") + ":Data"
    content["dataset"] |= {"name": f"{home}/evil.py:Data", "distribution": "evil.py", "version": "sha256:0"}
    (run.folder / "run.json").write_text(json.dumps(content))
    done = run_here("explain", "--run", run.folder.name, "--perturbation", "P1", "--gene", "G1", cwd=home)
    assert done.returncode == 5
    assert not (home / "loaded").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("json.py", MINE, "there is a module 'json' already"),
        ("polars.py", MINE, "there is a module 'polars' already"),
        ("xmlrpc.py", MINE, "there is a module 'xmlrpc' already"),
        ("my.own.py", MINE, "the name of a plugin's file is like mine.py"),
        ("coin_a.py", "1 / 0", "cannot be loaded: ZeroDivisionError: division by zero"),
        ("coin_b.py", "raise SystemExit(0)", "cannot be loaded: SystemExit: 0"),
        ("coin_c.py", "def core_aggregators(): return []", "core_aggregators is not marked with @hookimpl"),
        (
            "coin_e.py",
            HOOKS.replace("    return [Component", "    print('loud'), 1 / 0\n    return [Component"),
            "coin_e.py: ZeroDivisionError: division by zero",
        ),
        ("coin_d.py", MINE, "coin_d.py has no aggregator 'Missing', a class of that name with "),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(home: Path, name: str, content: str, said: str) -> None:
    (home / name).write_text(content)
    done = run_here("eval", "--aggregator", f"{name}:Missing", "--json", cwd=home)
    assert done.returncode in {2, 4}
    assert done.stdout == ""
    assert said in done.stderr
    assert len([line for line in done.stderr.splitlines() if line != "loud"]) == 1


def test_a_file_that_is_not_there_is_one_line(home: Path) -> None:
    done = run_here("eval", "--plugin", "none.py", cwd=home)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "cannot be read: No such file" in done.stderr


def test_two_files_of_one_name_are_one_line(home: Path) -> None:
    (home / "coin_file.py").write_text(MINE)
    files = ("--plugin", "coin_file.py", "--plugin", "a-folder/coin_file.py")
    done = run_here("eval", *files, cwd=home)
    assert done.returncode == 2
    assert "have one name; rename one of them" in done.stderr


def test_what_a_file_prints_stays_off_stdout(home: Path) -> None:
    (home / "loud.py").write_text("print('loud')\n" + MINE)
    done = run_here("plugins", "--plugin", "loud.py", "--json", cwd=home)
    shown = run_here("plugins", "show", "loud.py:Coin", "--json", cwd=home)
    assert json.loads(shown.stdout)["components"][0]["doc"] == "A coin."
    assert "Coin" in {row["name"] for row in json.loads(done.stdout)["components"]}
    assert "loud" in done.stderr
