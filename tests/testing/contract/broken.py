"""Components that each break one part of their contract, by the check that finds it."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
import polars as pl

from core_harness import RELATIONS, ROWS, Block, Evidence, Facts, Need, Task
from core_harness.llm import PROMPTS, Provider, Reply, Request, Tokens


class Share:
    """The share of positives of the gene: nothing is wrong with it."""

    needs: ClassVar[frozenset[Need]] = frozenset()

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        rates = evidence.support.group_by("gene").agg(score=pl.col("label").mean())
        found = evidence.pairs.join(rates, on="gene", how="left", maintain_order="left")
        return found.select("pair_id", "score", status=pl.lit("ok"))


class NoDefault(Share):
    def __init__(self, *, power: float) -> None:
        self.power = power


class NoAnnotation(Share):
    def __init__(self, *, power=2.0) -> None:  # type: ignore[no-untyped-def]
        self.power = power


class ForgetsArgument(Share):
    def __init__(self, *, power: float = 2.0) -> None:
        self._power = power


class ChangesArgument(Share):
    def __init__(self, *, power: float = 2.0) -> None:
        self.power = power + 1


class Endless(Share):
    def __init__(self, *, limit: float = math.inf) -> None:
        self.limit = limit


class Busy(Share):
    def __init__(self) -> None:
        time.sleep(0.6)


class FewerPairs(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        return super().predict(task, evidence, answers).head(1)


class FailsOnNothing(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        assert evidence.pairs.height
        return super().predict(task, evidence, answers)


class FailsOnOneRow(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        assert evidence.support.height != 1
        return super().predict(task, evidence, answers)


class FailsOnOneClass(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        assert evidence.support["label"].n_unique() == 2 or evidence.support.height < 2
        return super().predict(task, evidence, answers)


class FailsUnrelated(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        assert evidence.relations.height or evidence.support.height < 2 or not evidence.pairs.height
        return super().predict(task, evidence, answers)


class FirstRow(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        first = evidence.support["gene"].head(1).to_list()
        found = pl.when(pl.col("gene").is_in(first)).then(0.9).otherwise(0.1)
        return evidence.pairs.select("pair_id", score=found, status=pl.lit("ok"))


class Unseeded(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        drawn = np.random.random(evidence.pairs.height)  # noqa: NPY002
        return evidence.pairs.select("pair_id", score=pl.Series(drawn), status=pl.lit("ok"))


class ChangesInput(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        evidence.support.insert_column(0, pl.Series("mine", [0] * evidence.support.height))
        return super().predict(task, evidence, answers)


class Prints(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        print("predicting")  # noqa: T201
        return super().predict(task, evidence, answers)


class WritesToTheSystem(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        os.write(1, b"predicting")
        return super().predict(task, evidence, answers)


class LeavesThread(Share):
    ended = threading.Event()

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        threading.Thread(target=self.ended.wait, name="left").start()
        return super().predict(task, evidence, answers)


class ReadsLabels(Share):
    """Walks up the stack to the frame that holds the truth."""

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        frame = sys._getframe()
        while frame is not None and "world" not in frame.f_locals:
            frame = frame.f_back  # type: ignore[assignment]
        if frame is None:
            return super().predict(task, evidence, answers)
        truth = frame.f_locals["world"].split.truth.rename({"label": "score"})
        found = evidence.pairs.join(truth, on="pair_id", how="left", maintain_order="left")
        return found.select("pair_id", "score", status=pl.lit("ok"))


class SplitsNames(Share):
    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        for name in evidence.pairs["perturbation"]:
            assert name.isascii()
        return super().predict(task, evidence, answers)


class NeverFitted(Share):
    def fit(
        self, task: Task, evidence: Iterable[Evidence], answers: pl.DataFrame, labels: pl.DataFrame
    ) -> None: ...


class RelatesItself:
    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        names = sorted({*block.perturbations} & {*block.candidates})
        rows = [(name, name, 1.0) for name in names]
        return pl.DataFrame(rows, schema=dict(RELATIONS), orient="row")


class RelatesByLabel:
    reads = "names"

    def relate(self, task: Task, block: Block) -> pl.DataFrame:
        means = block.support.group_by(neighbour="perturbation").agg(weight=pl.col("label").mean())
        return block.pairs.select("perturbation").unique().join(means, how="cross")


class Passes:
    gives: ClassVar[frozenset[Need]] = frozenset({"answers"})
    facts = 0
    text = "Does {perturbation} change {gene}?"

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        return evidence

    def templates(self) -> list[Any]:
        return []

    def prompts(self, task: Task, evidence: Evidence, facts: Facts) -> pl.DataFrame:
        rows = [
            (i, 0, "yes-no", "", self.text.format(perturbation=p, gene=g), [g], [i])
            for i, p, g in evidence.pairs.select("pair_id", "perturbation", "gene").iter_rows()
        ]
        return pl.DataFrame(rows, schema=dict(PROMPTS), orient="row")


class AsksTheSame(Passes):
    text = "Does the gene change?"


class NotRendered(Passes):
    text = "Does {perturbation} change {{{{ gene }}}} {gene}?"


class NoPrompts:
    gives: ClassVar[frozenset[Need]] = frozenset({"answers"})

    def organize(self, task: Task, evidence: Evidence) -> Evidence:
        return evidence


class TextTemplate(Passes):
    def templates(self) -> list[Any]:
        return ["Does it change?"]


class Rows:
    question, agent, simulated = "de", "knockdown", True

    def rows(self) -> pl.DataFrame:
        rows = [
            ("c", f"P{p}", f"G{g}", (p + g) % 2, "test" if p else "train") for p in range(3) for g in range(2)
        ]
        return pl.DataFrame(rows, schema=dict(ROWS), orient="row")


class Unsaid(Rows):
    simulated = None  # type: ignore[assignment]


class NothingToAsk(Rows):
    def rows(self) -> pl.DataFrame:
        return super().rows().filter(split="train")


class OtherRows(Rows):
    def rows(self) -> pl.DataFrame:
        label = pl.lit(time.perf_counter_ns()).hash() % 2
        return super().rows().with_columns(gene=pl.col("gene") + str(time.perf_counter_ns()), label=label)


class NoGraph(Rows):
    def knowledge(self) -> Any:
        return {}


class Yes:
    """A scripted model: nothing is wrong with it."""

    def identity(self) -> Mapping[str, object]:
        return {"model": "yes"}

    def describe(self) -> Provider:
        return Provider(model="yes", host="nowhere")

    def upper_bound(self, request: Request) -> Tokens:
        return Tokens(1, 1)

    async def ask(self, request: Request) -> Reply:
        return Reply(text="ANSWER: yes", model="yes", simulated=True)


class OtherIdentity(Yes):
    def identity(self) -> Mapping[str, object]:
        return {"model": f"yes {id(self)} {time.perf_counter_ns()}"}


class NoProvider(Yes):
    def describe(self) -> Any:
        return "yes"


class NotAsync(Yes):
    def ask(self, request: Request) -> Reply:  # type: ignore[override]
        return Reply(text="ANSWER: yes", model="yes")


class ReturnsText(Yes):
    async def ask(self, request: Request) -> Any:
        return "ANSWER: yes"


class Guessed(Yes):
    async def ask(self, request: Request) -> Reply:
        return Reply(text="ANSWER: yes", model="simulated/yes")


class OnlyAscii(Yes):
    async def ask(self, request: Request) -> Reply:
        request.messages[1].content.encode("ascii")
        return Reply(text="ANSWER: yes", model="yes")


class Stubborn(Yes):
    async def ask(self, request: Request) -> Reply:
        for _ in range(80):
            try:
                await asyncio.sleep(0.1)
            except asyncio.CancelledError:
                continue
        return Reply(text="ANSWER: yes", model="yes")


FINDS: dict[type, str] = {
    NoPrompts: "has-what-its-protocol-asks-for",
    NeverFitted: "has-what-its-protocol-asks-for",
    NoAnnotation: "parameters-have-types",
    ForgetsArgument: "keeps-its-arguments",
    ChangesArgument: "keeps-its-arguments",
    Busy: "constructor-is-cheap",
    FewerPairs: "returns-what-its-stage-returns",
    FailsOnNothing: "empty-block",
    FailsOnOneRow: "one-row",
    FailsOnOneClass: "one-class",
    FailsUnrelated: "nothing-related",
    FirstRow: "order-of-rows",
    Unseeded: "same-under-a-seed",
    ChangesInput: "inputs-unchanged",
    Prints: "nothing-on-stdout",
    WritesToTheSystem: "nothing-on-stdout",
    LeavesThread: "nothing-on-stdout",
    ReadsLabels: "labels-of-queries-unseen",
    SplitsNames: "hostile-names",
    RelatesItself: "not-from-itself",
    RelatesByLabel: "names-alone",
    AsksTheSame: "prompts-tell-their-pairs",
    NotRendered: "prompts-tell-their-pairs",
    TextTemplate: "templates-are-recorded",
    Unsaid: "says-what-it-is",
    NothingToAsk: "rows-can-be-used",
    OtherRows: "same-rows-again",
    NoGraph: "brings-a-graph",
    OtherIdentity: "identity-is-whole",
    NoProvider: "says-who-is-asked",
    NotAsync: "ask-is-asynchronous",
    ReturnsText: "replies-or-says-why-not",
    Guessed: "replies-or-says-why-not",
    OnlyAscii: "hard-requests",
    Stubborn: "can-be-interrupted",
}
"""Which check finds what is wrong with a component."""
