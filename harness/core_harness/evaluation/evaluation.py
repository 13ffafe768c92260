"""One method on one dataset: evidence, answers, predictions, report; once, or once a seed of a control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path

import polars as pl

from core_harness import metrics
from core_harness.data.splits import Split
from core_harness.evaluation import pipeline
from core_harness.evaluation.questions import Questions, pose
from core_harness.evaluation.spec import Method
from core_harness.evidence import controls
from core_harness.knowledge.facts import Facts
from core_harness.llm import (
    LLM,
    Asked,
    Cache,
    Estimate,
    Journal,
    Price,
    Settings,
    Summary,
    ask_all,
    estimate,
)
from core_harness.llm.answers import ANSWERS, parse_replies
from core_harness.paths import cache_folder
from core_harness.schemas import Task
from core_harness.vocabulary import Control

Notice = Callable[[str], None]
"""Called with one line that a person should see before, or after, a model is asked."""


@dataclass(frozen=True, kw_only=True)
class Test:
    """What is broken on purpose, if anything, and over how many seeds."""

    __test__ = False  # pytest would collect it by its name

    control: Control | None
    seeds: int

    @property
    def repeats(self) -> int:
        """How often the method runs."""
        return controls.repeats(self.control, self.seeds)

    def tasks(self, task: Task) -> list[Task]:
        """Return the task of each seed."""
        return [replace(task, seed=task.seed + repeat) for repeat in range(self.repeats)]


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What an evaluation needs of the world, beside its method and its data.

    Attributes
    ----------
    journal
        File in which replies are written down as they come; None keeps them in memory and in the cache.
    settings
        How a model is asked.
    tell, notice
        For people who watch.
    """

    journal: Path | None
    settings: Settings
    tell: pipeline.Progress
    notice: Notice


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """``predictions`` with the pairs they are about, the report, and what asking came to."""

    predictions: pl.DataFrame
    report: metrics.Report
    asked: Summary | None


def evaluate_method(
    task: Task, method: Method, split: Split, *, test: Test, facts: Facts, outside: Outside
) -> Evaluated:
    """Evaluate a method on a divided dataset; ``facts`` are those that prompts may tell."""
    outside = replace(outside, notice=_once(outside.notice))
    if test.repeats == 1:
        outside.tell(method.label, 0, 1)
        predictions, asked = _predict(pose(task, method, split, test.control, facts), outside)
        report = pipeline.judge(split, predictions, seed=task.seed)
        outside.tell(method.label, 1, 1)
        paired = split.queries.join(predictions, on="pair_id")
    else:
        paired, report, asked = _repeat(task, method, split, test=test, facts=facts, outside=outside)
    if asked is not None:
        outside.notice(f"{method.label}: {asked.sentence()}")
    return Evaluated(predictions=paired, report=report, asked=asked)


def _repeat(
    task: Task, method: Method, split: Split, *, test: Test, facts: Facts, outside: Outside
) -> tuple[pl.DataFrame, metrics.Report, Summary | None]:
    """Run a method once a seed, until all are done or asking ends early."""
    frames, reports, summaries = [], [], []
    for repeat, seeded in enumerate(test.tasks(task)):
        outside.tell(f"{method.label}, {test.control}", repeat, test.repeats)
        predictions, asked = _predict(pose(seeded, method, split, test.control, facts), outside)
        reports.append(pipeline.judge(split, predictions, seed=seeded.seed, resamples=0))
        seed = pl.lit(seeded.seed).alias("seed")
        frames.append(split.queries.join(predictions, on="pair_id").with_columns(seed))
        if asked is not None:
            summaries.append(asked)
            if asked.ended:
                break
    outside.tell(f"{method.label}, {test.control}", test.repeats, test.repeats)
    return (
        pl.concat(frames),
        metrics.mean_report(reports),
        reduce(add, summaries) if summaries else None,
    )


def estimate_method(
    task: Task, method: Method, split: Split, *, test: Test, facts: Facts, price: Price | None = None
) -> Estimate | None:
    """Reckon what asking would take, over all seeds; None for a method that asks no model. Sends nothing.

    ``price`` is used in place of what the model's plugin knows.
    """
    if method.llm is None:
        return None
    posed = (pose(seeded, method, split, test.control, facts) for seeded in test.tasks(task))
    prompts = pl.concat(part.prompts() for part in posed)
    with Cache(cache_path()) as cache, Journal(None, cache=cache) as journal:
        return estimate(method.llm.object, prompts, journal=journal, price=price)


def _predict(questions: Questions, outside: Outside) -> tuple[pl.DataFrame, Summary | None]:
    method = questions.method
    if method.llm is None:
        return questions.predict(pl.DataFrame(schema=dict(ANSWERS))), None
    prompts = questions.prompts()
    asked = ask(method.llm.object, prompts, method.label, outside)
    return questions.predict(parse_replies(prompts, asked.replies)), asked.summary


def ask(llm: LLM, prompts: pl.DataFrame, label: str, outside: Outside) -> Asked:
    """Ask a model the prompts of one seed; who is asked is announced first."""
    with Cache(cache_path()) as cache, Journal(outside.journal, cache=cache) as journal:
        try:
            asked = ask_all(
                llm,
                prompts,
                journal=journal,
                settings=outside.settings,
                announce=lambda who: outside.notice(f"{label}: asking {who.model} at {who.host}"),
                on_progress=lambda done, total: outside.tell(f"{label}, asking", done, total),
            )
        except BaseException:
            if outside.journal is not None and not journal.attempts():
                journal.close()
                outside.journal.unlink()
            raise
    return asked


def _once(notice: Notice) -> Notice:
    """Return a notice that does not repeat itself: each seed of a control asks the same host."""
    said: set[str] = set()

    def tell(line: str) -> None:
        if line not in said:
            said.add(line)
            notice(line)

    return tell


def cache_path() -> Path:
    """Return the file of the answers that all runs share."""
    return cache_folder() / "replies.sqlite"
