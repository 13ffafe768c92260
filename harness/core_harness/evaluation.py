"""One method on one dataset: evidence, answers, predictions, report; once, or once a seed of a control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from core_harness import metrics, pipeline
from core_harness.answers import ANSWERS, parse_replies
from core_harness.asking import LLM, Asked, Cache, Estimate, Journal, Price, Settings, ask_all, estimate
from core_harness.controls import Control, repeats
from core_harness.folders import cache_folder
from core_harness.runspec import Method
from core_harness.schemas import Task
from core_harness.splits import Split

Notice = Callable[[str], None]
"""Called with one line that a person should see before, or after, a model is asked."""


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
    task: Task, method: Method, split: Split, *, control: Control | None, outside: Outside
) -> Evaluated:
    """Evaluate a method on a divided dataset."""
    number = repeats(control)
    if number == 1:
        outside.tell(method.label, 0, 1)
        predictions, asked = _predict(task, method, split, control, outside)
        report = pipeline.judge(split, predictions, seed=task.seed)
        outside.tell(method.label, 1, 1)
        return Evaluated(
            predictions=split.queries.join(predictions, on="pair_id"), report=report, asked=asked
        )
    frames, reports, asked = [], [], None
    for repeat in range(number):
        outside.tell(f"{method.label}, {control}", repeat, number)
        seeded = replace(task, seed=task.seed + repeat)
        predictions, asked = _predict(seeded, method, split, control, outside)
        reports.append(pipeline.judge(split, predictions, seed=seeded.seed, resamples=0))
        seed = pl.lit(seeded.seed).alias("seed")
        frames.append(split.queries.join(predictions, on="pair_id").with_columns(seed))
    outside.tell(f"{method.label}, {control}", number, number)
    return Evaluated(predictions=pl.concat(frames), report=metrics.mean_report(reports), asked=asked)


def estimate_method(
    task: Task, method: Method, split: Split, *, price: Price | None = None
) -> Estimate | None:
    """Reckon what asking would take; None for a method that asks no model. Sends nothing.

    ``price`` is used in place of what the model's plugin knows.
    """
    if method.llm is None:
        return None
    prompts = pipeline.prompts(task, method, pipeline.gather(task, method, split))
    with Cache(cache_path()) as cache, Journal(None, cache=cache) as journal:
        return estimate(method.llm.object, prompts, journal=journal, price=price)


def _predict(
    task: Task, method: Method, split: Split, control: Control | None, outside: Outside
) -> tuple[pl.DataFrame, Asked | None]:
    evidence = pipeline.gather(task, method, split, control=control)
    if method.llm is None:
        return pipeline.predict(task, method, evidence, pl.DataFrame(schema=dict(ANSWERS))), None
    blocks = list(evidence)  # asked all at once, so that no block waits for the last reply of another
    prompts = pipeline.prompts(task, method, blocks)
    asked = _ask(method.llm.object, prompts, method.label, outside)
    return pipeline.predict(task, method, blocks, parse_replies(prompts, asked.replies)), asked


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
