"""A component that fails is one line with its place, and nothing that it prints reaches stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core_harness import evaluate
from core_harness.cli import cli
from core_harness.errors import IncompleteError, PluginError
from core_harness.plugins import discovery
from core_harness.plugins.registries import open_registry

PLUGIN = """
import polars as pl
from core_harness import Component, hookimpl
from core_harness.llm import Provider, Reply, Tokens

print("printed while the module is read")
FAILS = ""

def step(name):
    print("printed by", name)
    if FAILS == name:
        raise ZeroDivisionError(f"in {name}")

@hookimpl
def core_datasets():
    return [Component("odd", "odd_plugin:Data", "")]

@hookimpl
def core_retrievers():
    return [Component("odd", "odd_plugin:Related", "")]

@hookimpl
def core_organizers():
    return [Component("odd", "odd_plugin:Asked", "")]

@hookimpl
def core_llms():
    return [Component("odd", "odd_plugin:Model", "")]

@hookimpl
def core_aggregators():
    return [Component("odd", "odd_plugin:Learner", "")]

class Data:
    question, agent, simulated = "de", "knockdown", False
    def rows(self):
        step("rows")
        pairs = [(p, g) for p in range(9) for g in range(4)]
        rows = [("c", f"P{p}", f"G{g}", (p + g) % 2, "test" if p < 3 else "train") for p, g in pairs]
        return pl.DataFrame(rows, schema=["context", "perturbation", "gene", "label", "split"], orient="row")
    def other_context(self, name):
        step("other_context")
        return self.rows().with_columns(context=pl.lit(name))
    def knowledge(self):
        step("knowledge")
        from core_harness.knowledge import Graph
        return Graph.of([])

class Related:
    def use(self, graph):
        step("use")
    def relate(self, task, block):
        step("relate")
        pairs = [(p, n, 1.0) for p in block.perturbations for n in block.candidates if n != p]
        return pl.DataFrame(pairs, schema=["perturbation", "neighbour", "weight"], orient="row")

class Asked:
    gives = frozenset({"relations", "evidence", "answers"})
    facts = 0
    def organize(self, task, evidence):
        step("organize")
        return evidence
    def templates(self):
        step("templates")
        return []
    def prompts(self, task, evidence, facts):
        step("prompts")
        from core_harness.llm import PROMPTS
        rows = [
            (i, 0, "yes-no", "", f"Perturbation: {p}\\nGene: {g}", [g], [i])
            for i, p, g in evidence.pairs.select("pair_id", "perturbation", "gene").iter_rows()
        ]
        return pl.DataFrame(rows, schema=dict(PROMPTS), orient="row")

class Model:
    def identity(self):
        step("identity")
        return {"model": "odd"}
    def describe(self):
        step("describe")
        return Provider(model="odd", host="nowhere")
    def upper_bound(self, request):
        step("upper_bound")
        return Tokens(1, 1)
    async def ask(self, request):
        step("ask")
        return Reply(text="ANSWER: yes", model="odd")

class Learner:
    needs = frozenset({"evidence", "answers"})
    examples = 2
    def __init__(self):
        step("__init__")
    def fit(self, task, evidence, answers, labels):
        step("fit")
        assert sum(block.pairs.height for block in evidence) == labels.height
        assert sum(block.pairs.height for block in evidence) == labels.height  # it can be walked again
    def predict(self, task, evidence, answers):
        step("predict")
        return evidence.pairs.select("pair_id", score=pl.lit(0.5), status=pl.lit("ok"))
"""

METHODS = (
    *("rows", "other_context", "knowledge", "use", "relate", "organize", "templates", "prompts"),
    *("identity", "describe", "upper_bound", "ask", "__init__", "fit", "predict"),
)
EVERYTHING = {
    "dataset": "odd",
    "model": "odd",
    "retriever": "odd",
    "organizer": "odd",
    "aggregator": "odd",
    "support_contexts": ("d",),
}
OPTIONS = ("-d", "odd", "--retriever", "odd", "--organizer", "odd", "--aggregator", "odd", "--model", "odd")


@pytest.fixture(autouse=True)
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install the plugin: in a folder of its own, with an entry point as a distribution has."""
    path = tmp_path / "odd_plugin.py"
    path.write_text(PLUGIN)
    information = tmp_path / "odd-1.5.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.5\n")
    (information / "entry_points.txt").write_text("[core_harness]\nodd = odd_plugin\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    discovery._installed.cache_clear()
    yield path
    sys.modules.pop("odd_plugin", None)
    discovery._installed.cache_clear()


def fails(path: Path, method: str) -> None:
    path.write_text(PLUGIN.replace('FAILS = ""', f'FAILS = "{method}"'))


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_whatever_a_component_prints_stays_off_stdout() -> None:
    done = ran("eval", *OPTIONS, "-s", "voting", "--json")
    assert done.exit_code == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert result["coverage"]["scored"] == 12
    for method in METHODS:
        assert method == "other_context" or f"printed by {method}" in done.stderr
    assert json.loads(ran("plugins", "--json").stdout)["broken"] == []


@pytest.mark.parametrize("method", METHODS)
def test_an_exception_is_one_line_with_its_place(plugin: Path, method: str) -> None:
    fails(plugin, method)
    with pytest.raises(PluginError) as caught:
        evaluate(strategies="voting", **EVERYTHING)  # type: ignore[arg-type]
    line = str(caught.value)
    assert f"'odd' of odd 1.5 failed in {method}: ZeroDivisionError: in {method} (" in line
    number = PLUGIN.splitlines().index('        raise ZeroDivisionError(f"in {name}")') + 1
    assert f"({plugin}:{number})" in line
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


MINE = """schema_version = 1
[strategies.odd]
summary = "a vote among what the odd retriever relates"
retriever = "odd"
organizer = "voters"
aggregator = "vote"
"""


def test_the_other_methods_go_on_and_the_first_failure_is_the_exit_code(plugin: Path) -> None:
    fails(plugin, "relate")
    Path("mine.toml").write_text(MINE)
    arguments = ("eval", "-s", "odd,gene-frequency", "--registry", "mine.toml")
    done = ran(*arguments)
    assert done.exit_code == 4
    assert len([line for line in done.stderr.splitlines() if line.startswith("Error: ")]) == 1
    assert "odd: retriever 'odd' of odd 1.5 failed in relate: ZeroDivisionError: in relate" in done.stderr
    assert "Traceback" not in done.stderr
    assert "gene-frequency (pooled" in done.stdout
    assert len(list(Path("runs").iterdir())) == 1
    results = json.loads(ran(*arguments, "--json").stdout)
    assert [result["strategy"] for result in results["results"]] == ["gene-frequency"]
    assert list(results["failures"]) == ["odd"]
    assert "Traceback" in ran("--traceback", *arguments).stderr


def test_results_of_the_others_are_not_lost(plugin: Path) -> None:
    fails(plugin, "relate")
    Path("mine.toml").write_text(MINE)
    with pytest.raises(IncompleteError, match="odd: retriever 'odd'") as caught:
        evaluate(strategies=["gene-frequency", "odd"], registry=open_registry(Path("mine.toml")))
    assert [result.strategy for result in caught.value.results] == ["gene-frequency"]
    assert caught.value.exit_code == PluginError.exit_code
    assert list(caught.value.failures) == ["odd"]


@pytest.mark.parametrize(
    ("written", "wrong", "line"),
    [
        ('needs = frozenset({"evidence", "answers"})', 'needs = "evidence"', "needs is 'evidence'"),
        ("examples = 2", 'examples = "many"', "examples is 'many'"),
        ("examples = 2", 'scores = "rank"', "scores is 'rank'"),
        (
            "examples = 2",
            "examples = property(lambda self: 1 / 0)",
            "failed in its attributes: ZeroDivisionError",
        ),
        ('step("predict")', "raise SystemExit(0)", "failed in predict: SystemExit: 0"),
    ],
)
def test_an_attribute_that_is_none_and_an_exit_are_one_line(
    plugin: Path, written: str, wrong: str, line: str
) -> None:
    assert written in PLUGIN
    plugin.write_text(PLUGIN.replace(written, wrong))
    done = ran("eval", *OPTIONS, "-s", "voting", "--json")
    assert (done.exit_code, done.stdout) == (4, "")
    assert line in done.stderr
