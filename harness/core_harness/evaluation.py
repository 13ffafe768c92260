"""One method on one dataset: evidence, answers, predictions, report; once, or once a seed of a control."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from core_harness import controls, crossfit, metrics, pipeline
from core_harness.answers import ANSWERS, parse_replies
from core_harness.asking import LLM, Asked, Cache, Estimate, Journal, Price, Settings, ask_all, estimate
from core_harness.controls import Control
from core_harness.evidence import Evidence
from core_harness.folders import cache_folder
from core_harness.knowledge.facts import Facts
from core_harness.protocols import LearningAggregator
from core_harness.runspec import Method
from core_harness.schemas import Task
from core_harness.splits import Split

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
    asked: Asked | None


def evaluate_method(
    task: Task, method: Method, split: Split, *, test: Test, facts: Facts, outside: Outside
) -> Evaluated:
    """Evaluate a method on a divided dataset; ``facts`` are those that prompts may tell."""
    if test.repeats == 1:
        outside.tell(method.label, 0, 1)
        predictions, asked = _predict(_pose(task, method, split, test.control, facts), outside)
        report = pipeline.judge(split, predictions, seed=task.seed)
        outside.tell(method.label, 1, 1)
        return Evaluated(
            predictions=split.queries.join(predictions, on="pair_id"), report=report, asked=asked
        )
    frames, reports, asked = [], [], None
    for repeat, seeded in enumerate(test.tasks(task)):
        outside.tell(f"{method.label}, {test.control}", repeat, test.repeats)
        predictions, asked = _predict(_pose(seeded, method, split, test.control, facts), outside)
        reports.append(pipeline.judge(split, predictions, seed=seeded.seed, resamples=0))
        seed = pl.lit(seeded.seed).alias("seed")
        frames.append(split.queries.join(predictions, on="pair_id").with_columns(seed))
    outside.tell(f"{method.label}, {test.control}", test.repeats, test.repeats)
    return Evaluated(predictions=pl.concat(frames), report=metrics.mean_report(reports), asked=asked)


def estimate_method(
    task: Task, method: Method, split: Split, *, test: Test, facts: Facts, price: Price | None = None
) -> Estimate | None:
    """Reckon what asking would take, over all seeds; None for a method that asks no model. Sends nothing.

    ``price`` is used in place of what the model's plugin knows.
    """
    if method.llm is None:
        return None
    posed = (_pose(seeded, method, split, test.control, facts) for seeded in test.tasks(task))
    prompts = pl.concat(part.prompts() for part in posed)
    with Cache(cache_path()) as cache, Journal(None, cache=cache) as journal:
        return estimate(method.llm.object, prompts, journal=journal, price=price)


@dataclass(frozen=True, kw_only=True)
class _Posed:
    """The questions of one seed: a method, what it sees of the data, and what it learns from."""

    task: Task
    method: Method
    evidence: Iterable[Evidence]
    learnt_from: Iterable[Evidence]
    labels: pl.DataFrame
    facts: Facts

    def prompts(self) -> pl.DataFrame:
        """Return the prompts, those of the examples first: without them, the others are worth nothing."""
        blocks = [*self.learnt_from, *self.evidence]
        return pipeline.prompts(self.task, self.method, blocks, self.facts)


def _pose(task: Task, method: Method, split: Split, control: Control | None, facts: Facts) -> _Posed:
    seen = controls.on_split(control, split, seed=task.seed)
    codes = controls.on_names(control, seen, seed=task.seed)
    learner = method.aggregator.object
    examples = (
        crossfit.examples(seen, learner.examples, seed=task.seed)
        if isinstance(learner, LearningAggregator)
        else None
    )

    def gathered(part: Split) -> Iterable[Evidence]:
        evidence = pipeline.gather(task, method, part, control=control, codes=codes)
        # a model is asked all at once, so that no block waits for the last reply of another
        return list(evidence) if method.asks or examples is not None else evidence

    return _Posed(
        task=task,
        method=method,
        evidence=gathered(seen),
        learnt_from=() if examples is None else gathered(examples),
        labels=split.truth.clear() if examples is None else examples.truth,
        facts=facts if codes is None else facts.anonymous(codes),
    )


def _predict(posed: _Posed, outside: Outside) -> tuple[pl.DataFrame, Asked | None]:
    task, method, evidence, learnt_from = posed.task, posed.method, posed.evidence, posed.learnt_from
    answers, asked = pl.DataFrame(schema=dict(ANSWERS)), None
    if method.llm is not None:
        prompts = posed.prompts()
        asked = _ask(method.llm.object, prompts, method.label, outside)
        answers = parse_replies(prompts, asked.replies)
        if method.grades:
            evidence, learnt_from = (
                [pipeline.weigh(block, answers) for block in part] for part in (evidence, learnt_from)
            )
    if isinstance(learner := method.aggregator.object, LearningAggregator):
        learner.fit(task, list(learnt_from), answers, posed.labels)
    return pipeline.predict(task, method, evidence, answers), asked


def _ask(llm: LLM, prompts: pl.DataFrame, label: str, outside: Outside) -> Asked:
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
    outside.notice(f"{label}: {asked.summary.sentence()}")
    return asked


def cache_path() -> Path:
    """Return the file of the answers that all runs share."""
    return cache_folder() / "replies.sqlite"
