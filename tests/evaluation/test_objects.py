"""Objects of Python in place of components: what they predict, what the record says, what is made again."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import inspect
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from small_runs import SMALL, made
from worlds import world

from core_harness import (
    Agent,
    Block,
    Evidence,
    Need,
    Pair,
    Question,
    Session,
    Task,
    evaluate,
    explain,
    explain_run,
    resume,
)
from core_harness.errors import HarnessError, PluginError, RunError, UsageError
from core_harness.llm import Provider, Reply, Request, Tokens
from core_harness.runs.folder import Run, open_run
from core_harness.runs.manifest import ComponentReference
from core_harness_plugins.aggregators.vote import Vote


class Mine:
    """Share of the neighbours that moved the gene."""

    needs: ClassVar[frozenset[Need]] = frozenset({"evidence"})

    def __init__(self, *, prior: float = 1.0) -> None:
        self.prior = prior

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        yes, no = pl.col("n_pos") + self.prior, pl.col("n_neg") + self.prior
        return evidence.totals().select("pair_id", score=yes / (yes + no), status=pl.lit("ok"))


class Alike:
    """All candidates are related alike."""

    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        pairs = [(p, n, 1.0) for p in block.perturbations for n in block.candidates if n != p]
        return pl.DataFrame(pairs, schema=["perturbation", "neighbour", "weight"], orient="row")


class All:
    """All evidence is used."""

    gives: ClassVar[frozenset[Need]] = frozenset({"relations", "evidence"})

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        return evidence


class Echo:
    """A model that says yes; its key is a secret."""

    def __init__(self, api_key: str, *, word: str = "yes") -> None:
        self.api_key = api_key
        self.word = word

    def identity(self) -> Mapping[str, object]:
        return {"model": "echo", "word": self.word}

    def describe(self) -> Provider:
        return Provider(model="echo", host="nowhere")

    def upper_bound(self, request: Request) -> Tokens:
        return Tokens(1, 1)

    async def ask(self, request: Request) -> Reply:
        await asyncio.sleep(0)
        return Reply(text=f"ANSWER: {self.word}", model="echo")


class World:
    """A dataset of 30 perturbations."""

    question: Question = "de"
    agent: Agent = "knockdown"
    simulated = True

    def __init__(self, perturbations: int = 30) -> None:
        self.perturbations = perturbations

    def rows(self) -> pl.DataFrame:
        return world(perturbations=self.perturbations)


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))


def recorded(run: Run) -> ComponentReference:
    return run.manifest.method.components["aggregator"]


def test_an_object_predicts_and_the_record_says_which(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"], aggregator=Mine(prior=0.5))
    reference = recorded(open_run(run.folder))
    assert reference.target == f"{__name__}:Mine"
    assert (reference.name, reference.distribution, reference.version) == ("Mine", "python", "")
    assert reference.parameters == {"prior": 0.5}
    assert reference.source_sha256 == hashlib.sha256(inspect.getsource(Mine).encode()).hexdigest()
    assert run.manifest.method.label == "voting[aggregator=Mine@python,aggregator.prior=0.5]"
    (again,) = evaluate("simulated", "voting", aggregator=Mine(prior=0.5), parameters=SMALL)
    assert again.predictions.equals(run.predictions())
    (other,) = made(tmp_path, ["voting"], aggregator=Mine(prior=50.0))
    assert other.manifest.identity != run.manifest.identity
    assert not other.predictions().equals(run.predictions())


def test_an_object_of_an_installed_class_is_that_component(tmp_path: Path) -> None:
    (of_object,) = made(tmp_path, ["voting"], aggregator=Vote(power=1.0, shrinkage=0.01))
    (of_name,) = made(
        tmp_path, ["voting"], aggregator="vote", parameters={**SMALL, "aggregator": {"power": 1.0}}
    )
    assert recorded(of_object).is_made_as(recorded(of_name))
    assert recorded(of_object).distribution == recorded(of_name).distribution == "core-harness"
    assert recorded(of_object).source_sha256 is None
    pair = first_pair(of_object)
    assert explain_run(of_object, pair).score is not None  # made again without the object


def first_pair(run: Run) -> Pair:
    row = run.predictions().row(0, named=True)
    return Pair(perturbation=row["perturbation"], gene=row["gene"])


def test_each_stage_takes_an_object(tmp_path: Path) -> None:
    everything: dict[str, Any] = {"retriever": Alike(), "organizer": All(), "aggregator": Mine()}
    (result,) = evaluate(World(), "voting", out=tmp_path, **everything)
    assert result.task.dataset == "World@python"
    assert result.simulated == ("data",)
    assert result.report.coverage.scored == result.predictions.height
    components = result.method.components
    assert {stage: one.name for stage, one in components.items()} == {
        "retriever": "Alike",
        "organizer": "All",
        "aggregator": "Mine",
    }
    card = explain(
        first_pair(open_run(result.run or tmp_path)), dataset=World(), strategy="voting", **everything
    )
    assert card.score is not None


def test_a_model_is_asked_where_a_loop_runs_and_its_key_is_in_no_file(tmp_path: Path) -> None:
    async def cell() -> list[Any]:
        return evaluate(
            "simulated",
            "isolated",
            model=Echo("sk-1234567890"),
            parameters=SMALL,
            limit=20,
            out=tmp_path / "runs",
        )

    (result,) = asyncio.run(cell())
    assert result.model == "Echo@python"
    assert result.asking is not None
    assert result.asking.answers is not None
    assert result.asking.answers.understood == result.predictions.height
    reference = result.method.components["llm"]
    assert reference.parameters == {"api_key": "(not shown)", "word": "yes"}
    assert reference.changes_answers == {"model": "echo", "word": "yes"}
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"sk-1234567890" not in written


def test_what_is_made_again_needs_the_object(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"], aggregator=Mine(prior=0.5))
    pair, session = first_pair(run), Session()
    line = re.escape(
        f"aggregator 'Mine' ({__name__}:Mine) was an object of Python, which no record makes again; hand it "
        "in again: session=Session().with_objects(...)"
    )
    with pytest.raises(RunError, match=f"^{line}$"):
        explain_run(run, pair, session=session)
    card = explain_run(run, pair, session=session.with_objects(aggregator=Mine(prior=0.5)))
    assert card.score == run.predictions()["score"][0]
    with pytest.raises(UsageError, match=r"an object with prior=2.0, and 0.5 is asked for"):
        explain_run(run, pair, session=session.with_objects(aggregator=Mine(prior=2.0)))
    other = type("Mine", (Vote,), {"__module__": __name__})
    with pytest.raises(UsageError, match="unknown parameter of aggregator 'Mine' 'prior'"):
        explain_run(run, pair, session=session.with_objects(aggregator=other()))


SOURCE = f"import polars as pl\n\n{inspect.getsource(Mine)}".replace("ClassVar[frozenset[Need]]", "object")
SOURCE = re.sub(r": (Task|Evidence|pl.DataFrame)| -> pl.DataFrame", "", SOURCE)


def mine(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> Any:
    """Return an object of a class of a script."""
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "a_script", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (folder / "a_script.py").write_text(source)
    importlib.invalidate_caches()
    return importlib.import_module("a_script").Mine()


def test_another_class_of_the_name_is_another_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = made(tmp_path, ["voting"], aggregator=mine(tmp_path, monkeypatch, SOURCE))
    session = Session().with_objects(aggregator=mine(tmp_path, monkeypatch, f"{SOURCE}\n    twice = 2"))
    with pytest.raises(RunError, match="was made with another aggregator than these names stand for now"):
        explain_run(run, first_pair(run), session=session)
    session = Session().with_objects(aggregator=mine(tmp_path, monkeypatch, SOURCE))
    assert explain_run(run, first_pair(run), session=session).score is not None


def test_a_run_of_an_object_is_resumed_with_it(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"], aggregator=Mine())
    record = json.loads((run.folder / "run.json").read_text())
    (run.folder / "run.json").write_text(json.dumps({**record, "state": "running"}))
    with pytest.raises(RunError, match="was an object of Python"):
        resume(open_run(run.folder))
    again = resume(open_run(run.folder), session=Session().with_objects(aggregator=Mine()))
    assert again.predictions.equals(run.predictions())


class Forgets(Mine):
    """An argument that is not kept."""

    def __init__(self, other: int = 1) -> None:
        super().__init__()
        self._other = other


class Keeps(Mine):
    """Any argument."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class Anything(Mine):
    """Arguments that have no name."""

    def __init__(self, **more: object) -> None:
        super().__init__()
        self.more = more


@pytest.mark.parametrize(
    ("aggregator", "kind", "line"),
    [
        (Mine, UsageError, r"aggregator Mine is a class; hand in an object of it, such as Mine\(\)"),
        (
            Forgets(),
            PluginError,
            r"'Forgets' of python does not keep its argument other.*; add self.other = other to",
        ),
        (
            Keeps(object()),
            PluginError,
            "'Keeps' of python keeps value=<object object at .*, which JSON .*cannot hold",
        ),
        (Keeps(float("nan")), PluginError, "'Keeps' of python keeps value=nan, which JSON"),
        (
            Anything(),
            PluginError,
            r"'Anything' of python takes any arguments \(more\), which no record holds",
        ),
        (
            Alike(),
            PluginError,
            r"'Alike' \(.*\): it lacks needs, predict, which an aggregator must have; see",
        ),
        (3, PluginError, r"'int' \(builtins:int of python\): it lacks needs, predict, which"),
    ],
)
def test_what_is_no_component_is_one_line(aggregator: Any, kind: type[HarnessError], line: str) -> None:
    with pytest.raises(kind, match=line):
        evaluate("simulated", "voting", aggregator=aggregator, parameters=SMALL)


def test_arguments_are_kept_in_the_types_of_json(tmp_path: Path) -> None:
    value = (1, Path("a") / "b", {"c": None})
    (run,) = made(tmp_path, ["voting"], aggregator=Keeps(value))
    assert recorded(open_run(run.folder)).parameters == {"value": [1, "a/b", {"c": None}]}
    assert explain_run(run, first_pair(run), session=Session().with_objects(aggregator=Keeps(value))).score


def test_parameters_are_those_of_the_object() -> None:
    parameters: dict[str, Any] = {**SMALL, "aggregator": {"prior": 3}}
    with pytest.raises(
        UsageError, match=r"aggregator 'Mine' of python is an object with prior=1.0, and 3 is asked for"
    ):
        evaluate("simulated", "voting", aggregator=Mine(), parameters=parameters)
