"""Relations that depend on names alone are computed once, and never change a byte of what is predicted."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_runs import SMALL

from core_harness import Block, Graph, Layer, RunSpec, Session, Task
from core_harness.errors import UsageError
from core_harness.evaluation.relations import Relations
from core_harness.evaluation.running import evaluate_spec
from core_harness.evidence import stored
from core_harness.plugins.catalog import catalog
from core_harness.plugins.component import Instance
from core_harness.vocabulary import Control

TASK = Task(
    dataset="d", question="de", agent="knockdown", regime="unseen-perturbation", seed=0, simulated=True
)
LINKS = Layer.edges(
    "links", pl.DataFrame({"a": ["A", "B", "C"], "b": ["B", "C", "D"], "weight": [0.4, 0.5, 0.9]})
)
GRAPH = Graph.of([LINKS])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    return stored.relations_folder()


def block(*queries: str, label: int = 1, candidates: tuple[str, ...] = ("B", "C", "D")) -> Block:
    pairs = pl.DataFrame(
        {"pair_id": range(len(queries)), "context": "c", "perturbation": queries, "gene": "G"}
    )
    support = pl.DataFrame({"context": "c", "perturbation": candidates, "gene": "G", "label": label})
    return Block(context="c", pairs=pairs, support=support)


class Counted:
    """Whatever relates; it counts how often it does."""

    def __init__(self, name: str = "kg", graph: Graph = GRAPH, **parameters: Any) -> None:
        self.graph, self.calls = graph, 0
        self.instance = catalog().make("retriever", name, parameters)
        retriever = self.instance.object
        relate = retriever.relate
        if hasattr(retriever, "use"):
            retriever.use(graph)

        def counting(task: Task, asked: Block) -> pl.DataFrame:
            self.calls += 1
            found: pl.DataFrame = relate(task, asked)
            return found

        retriever.relate = counting

    def related(self, asked: Block, task: Task = TASK, known: Relations | None = None) -> pl.DataFrame:
        return (known or Relations()).related(self.instance, self.graph, task, asked)


def calls(*, then: Counted, asked: Block | None = None, task: Task = TASK) -> int:
    """Return how often a retriever relates what is asked after another process has related A."""
    Counted().related(block("A"))
    then.related(asked or block("A"), task)
    return then.calls


def test_the_same_names_are_related_once() -> None:
    retriever, known = Counted(), Relations()
    first = retriever.related(block("A"), known=known)
    for task in (TASK, replace(TASK, seed=1, dataset="another", question="dir")):
        assert_frame_equal(retriever.related(block("A", label=0), task, known), first)
    assert retriever.calls == 1
    assert calls(then=(again := Counted())) == 0
    assert again.related(block("A")).equals(first)


@pytest.mark.parametrize(
    "other",
    [
        lambda: calls(then=Counted(), asked=block("B", "A")),
        lambda: calls(then=Counted(), asked=block("A", candidates=("B", "C"))),
        lambda: calls(then=Counted(), task=replace(TASK, agent="drug")),
        lambda: calls(then=Counted(network="shared-neighbours")),
        lambda: calls(then=Counted(graph=Graph.of([replace(LINKS, frame=LINKS.frame.head(2))]))),
        lambda: calls(then=Counted(graph=Graph((LINKS, replace(LINKS, name="more")), GRAPH.digest))),
    ],
    ids=["queries", "candidates", "agent", "parameter", "graph", "a layer more under the old digest"],
)
def test_whatever_may_change_them_is_part_of_the_key(other: Any) -> None:
    assert other() == 1


@pytest.mark.parametrize("name", ["random", "symbol", "none"])
def test_what_declares_nothing_is_asked_each_time(name: str, folder: Path) -> None:
    retriever, known = Counted(name), Relations()
    for _ in range(2):
        retriever.related(block("A"), known=known)
    assert retriever.calls == 2
    assert not folder.exists()


class Typed:
    """Relates all, as a class of a notebook does: its code is in no file."""

    reads = "names"
    asked = 0

    def relate(self, task: Task, asked: Block) -> pl.DataFrame:
        type(self).asked += 1
        return pl.DataFrame({"perturbation": ["A"], "neighbour": ["B"], "weight": [1.0]})


def test_code_that_is_in_no_file_is_stored_nowhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Typed, "__module__", "notebook_that_is_no_module")
    reference = catalog().make("retriever", "none", {}).reference
    for known in (once := Relations(), once, Relations()):
        known.related(Instance("retriever", reference, Typed()), None, TASK, block("A"))
    assert Typed.asked == 2
    assert not folder.exists()


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:2000] + b"\x01" + b[2001:], lambda b: b""])
def test_what_is_damaged_is_computed_again(folder: Path, damage: Any) -> None:
    first = Counted().related(block(*"ABCD"))
    (file,) = folder.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    again = Counted()
    assert again.related(block(*"ABCD")).equals(first)
    assert again.calls == 1
    assert calls(then=Counted(), asked=block(*"ABCD")) == 0


def test_a_folder_that_cannot_be_written_costs_time_only(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file is in the way")
    assert calls(then=Counted()) == 1


def test_what_was_not_used_for_longest_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = {name: pl.DataFrame({"weight": [float(number)] * 1000}) for number, name in enumerate("abc")}
    for number, name in enumerate("ab"):
        stored.write(folder, name, frames[name], most=10**6)
        (file,) = folder.glob(f"{name}-*")
        os.utime(file, (number, number))
    assert stored.read(folder, "a") is not None  # b is now the older one
    stored.write(folder, "c", frames["c"], most=2 * file.stat().st_size)
    assert [name for name in "abc" if stored.read(folder, name) is not None] == ["a", "c"]
    assert stored.write(folder, "d", frames["a"], most=100).equals(frames["a"])
    assert not list(folder.glob("d-*"))
    monkeypatch.setenv(stored.VARIABLE, "0")
    assert calls(then=Counted()) == 1
    monkeypatch.setenv(stored.VARIABLE, "much")
    with pytest.raises(UsageError, match="CORE_HARNESS_RELATIONS_GB is 'much'; give a number of gigabytes"):
        Counted().related(block("A"))


def _write(folder: Path) -> None:
    frame = pl.DataFrame({"weight": [0.5] * 1000})
    for number in range(40):
        stored.write(folder, f"{number % 4}", frame, most=25_000)
        found = stored.read(folder, f"{number % 3}")
        assert found is None or found.equals(frame)


@pytest.mark.slow
def test_processes_that_write_the_same_do_not_meet(folder: Path) -> None:
    processes = [
        multiprocessing.get_context("spawn").Process(target=_write, args=(folder,)) for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert not list(folder.glob(".new-*"))


def predicted(strategy: str, control: Control | None = None) -> pl.DataFrame:
    spec = RunSpec(
        strategies=(strategy,),
        parameters={"dataset": SMALL["dataset"]},
        control=control,
        control_seeds=2,
    )
    (result,) = evaluate_spec(Session(resamples=2), spec)
    return result.predictions


@pytest.mark.parametrize("control", [None, "shuffled-labels", "random-neighbours"])
@pytest.mark.parametrize("strategy", ["voting-one-step", "voting", "voting-learned"])
def test_predictions_are_the_same_to_the_byte(
    strategy: str, control: Control | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = predicted(strategy, control), predicted(strategy, control)
    after = predicted(strategy)
    assert any(folder.iterdir())
    monkeypatch.setenv(stored.VARIABLE, "0")
    assert first.equals(again)
    assert first.equals(predicted(strategy, control))
    assert after.equals(predicted(strategy))
