"""Whatever is wrong with a plugin is one line that says whose it is; all else goes on; JSON is JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from plugins.bad_hooks import HOOKS, TARGETS
from plugins.bad_plugins import BAD, RIGHT, Bad
from program import run_here
from small_packages import installed_package

from core_harness.runs.folder import find_run

SMALL = ("-pdataset.perturbations=20", "-pdataset.genes=6", "-pdataset.modules=4")
STRATEGY = """
from core_harness import Strategy
@hookimpl
def core_strategies():
    chosen = dict(retriever={retriever!r}, organizer={organizer!r}, aggregator={aggregator!r})
    return [Strategy(name="odd-one", summary="", **chosen)]
"""
MADE_FIRST = {"identity fails", "ask is missing"}
"""A model that cannot be made ends the evaluation that names it, before any method."""

OTHERS = {"retriever": "random", "organizer": "voters", "aggregator": "vote"}


def hooks(stage: str, target: str) -> str:
    """Return a module that registers one component, and a strategy of it and built-ins around it."""
    chosen = OTHERS | ({stage: "odd"} if stage in OTHERS else {})
    if stage in {"llm", "organizer"}:
        chosen["aggregator"] = "answer"
        chosen["organizer"] = "odd" if stage == "organizer" else "pair"
    return f"""
from core_harness import Component, hookimpl
@hookimpl
def core_{stage}s():
    return [Component("odd", {target!r}, "")]
{STRATEGY.format(**chosen)}
"""


def options(bad: Bad) -> list[str]:
    """Return how the component is used, beside a method that has nothing to do with it."""
    dataset = ["-d", "odd"] if bad.stage != "llm" else ["-d", "simulated", *SMALL]
    model = {"llm": ["--model", "odd"], "organizer": ["--model", "fine"]}.get(bad.stage, [])
    facts = ["-p", "organizer.facts=0"] if bad.stage == "llm" else []
    return ["eval", "-s", "odd-one,gene-frequency", *dataset, *model, *facts, *bad.options]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad.stage}: {bad.title}")
def test_a_bad_component_is_one_line(bad: Bad, tmp_path: Path) -> None:
    name = bad.stage.capitalize()
    parts = f"from odd.right import *\nfrom odd import right\nclass Odd(right.{name}):\n    {bad.body}\n"
    registered = hooks(bad.stage, "odd.parts:Odd")
    if bad.stage != "dataset":
        registered += _registers("dataset", "odd")
    if bad.stage == "organizer":
        registered += _registers("llm", "fine")
    with installed_package(tmp_path, "odd", {"hooks.py": registered, "right.py": RIGHT, "parts.py": parts}):
        done = run_here(*options(bad), "--json", cwd=tmp_path)
    said = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert (done.returncode, len(said)) == (bad.code, 1), done.stderr
    assert "Traceback" not in done.stderr
    assert bad.said in said[0]
    if bad.code == 4:
        assert f"{bad.stage} 'odd" in said[0]
        assert " of odd" in said[0]
    if bad.code in {4, 8} and bad.stage != "dataset" and bad.title not in MADE_FIRST:
        content = json.loads(done.stdout)
        assert "gene-frequency" in [result["strategy"] for result in content["results"]]
    else:
        assert done.stdout == ""


def _registers(stage: str, name: str) -> str:
    cls = stage.capitalize()
    return f"\n@hookimpl\ndef core_{stage}s():\n    return [Component({name!r}, 'odd.right:{cls}', '')]\n"


@pytest.mark.parametrize("title", HOOKS)
def test_bad_hooks_break_nothing_but_their_plugin(title: str, tmp_path: Path) -> None:
    source, reason = HOOKS[title]
    with installed_package(tmp_path, "odd", {"hooks.py": source}):
        listed = json.loads(run_here("plugins", "--json", cwd=tmp_path).stdout)
        (broken,) = listed["broken"]
        assert (broken["plugin"], broken["distribution"]) == ("odd", "odd")
        assert reason in broken["reason"]
        asked = run_here("eval", "-s", "odd-one", *SMALL, cwd=tmp_path)
        assert asked.returncode == 2
        assert f"plugin 'odd' of odd is broken: {broken['reason']}" in asked.stderr
        assert run_here("eval", "-s", "gene-frequency", *SMALL, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("title", TARGETS)
def test_bad_targets_break_nothing_but_their_component(title: str, tmp_path: Path) -> None:
    target, reason = TARGETS[title]
    files = {
        "hooks.py": hooks("aggregator", target),
        "right.py": RIGHT,
        "parts.py": "",
        "exits.py": "exit(9)",
    }
    with installed_package(tmp_path, "odd", files):
        done = run_here("eval", "-s", "odd-one,gene-frequency", *SMALL, "--json", cwd=tmp_path)
    assert done.returncode == 4
    assert [result["strategy"] for result in json.loads(done.stdout)["results"]] == ["gene-frequency"]
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("Error: "))
    assert "aggregator 'odd" in line
    assert " of odd" in line
    assert reason in line


HARMLESS = {
    "it prints": "print('predicting')\n        return self.made(evidence)",
    "it writes to stdout": "sys.stdout.write('predicting')\n        return self.made(evidence)",
    "other columns ride along": "return self.made(evidence).with_columns(mine=1)",
    "rows in another order": "return self.made(evidence).reverse()",
    "numbers of another width": "return self.made(evidence).cast({'pair_id': pl.Int64})",
    "no score": "return self.made(evidence).with_columns(score=None)",
}


@pytest.mark.parametrize("title", HARMLESS)
def test_what_is_harmless_is_no_error(title: str, tmp_path: Path) -> None:
    body = f"def predict(self, task, evidence, answers):\n        {HARMLESS[title]}"
    parts = f"from odd.right import *\nfrom odd import right\nclass Odd(right.Aggregator):\n    {body}\n"
    files = {"hooks.py": hooks("aggregator", "odd.parts:Odd"), "right.py": RIGHT, "parts.py": parts}
    with installed_package(tmp_path, "odd", files):
        done = run_here("eval", "-s", "odd-one", *SMALL, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["results"]) == 1


def test_a_run_whose_model_hung_says_so(tmp_path: Path) -> None:
    (bad,) = (bad for bad in BAD if bad.title == "a model that hangs")
    parts = f"from odd.right import *\nfrom odd import right\nclass Odd(right.Llm):\n    {bad.body}\n"
    files = {"hooks.py": hooks("llm", "odd.parts:Odd"), "right.py": RIGHT, "parts.py": parts}
    with installed_package(tmp_path, "odd", files):
        run_here(*options(bad), cwd=tmp_path)
    runs = [find_run(folder.name, tmp_path / "runs") for folder in (tmp_path / "runs").iterdir()]
    assert sorted(run.state for run in runs) == ["complete", "partial"]
