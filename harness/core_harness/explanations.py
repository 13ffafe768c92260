"""``explain()``: what ``core-harness explain`` does, from Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from core_harness.api import Desk
from core_harness.asking import Journal, answered_before
from core_harness.cards import Card, Pair, find_pair, make_card, prompts_about, single_question
from core_harness.catalog import catalog
from core_harness.errors import UsageError
from core_harness.evaluation import Notice, ask
from core_harness.pipeline import Progress
from core_harness.protocols import LearningAggregator
from core_harness.questions import pose
from core_harness.registry import Registry
from core_harness.runs import Run
from core_harness.runspec import RunSpec


def explain(
    pair: Pair,
    *,
    dataset: str = RunSpec.dataset,
    strategy: str = "voting",
    send: bool = True,
    progress: Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    **choices: Any,
) -> Card:
    """Explain one prediction: who spoke for it, what a model was asked and said, what would turn it around.

    Parameters
    ----------
    pair
        Any pair in a context of the dataset, measured or not. What was measured of the same perturbation
        in the same context is not among the evidence.
    dataset, strategy, **choices
        As for :func:`~core_harness.evaluate`.
    send
        Whether a model may be asked about the pair, where the strategy asks one and its answer is not
        cached. Otherwise the card has the prompt, and no score.
    progress, notice, registry
        As for :func:`~core_harness.evaluate`.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend, e.g. an aggregator that learns from many answers.
    """
    spec = RunSpec(dataset=dataset, strategies=(strategy,), **choices)
    desk = Desk(spec, registry, catalog(), progress=progress, notice=notice)
    (method,) = desk.methods
    if isinstance(method.aggregator.object, LearningAggregator):
        raise UsageError(
            f"{method.label} learns from many answers; run it, and explain a pair of that run with --run"
        )
    split = single_question(desk.loaded.split, pair)
    with threadpool_limits(limits=1):
        questions = pose(desk.loaded.task, method, split, None, desk.facts)
        questions = replace(questions, evidence=list(questions.evidence))
        if method.llm is None:
            return make_card(questions, 0, replies=None, scored=None)
        prompts = prompts_about(questions, 0)
        if not send:
            return make_card(questions, 0, replies=None, scored=(None, "not_asked"), model=spec.model)
        replies = ask(method.llm.object, prompts, method.label, desk.outside(None)).replies
        return make_card(questions, 0, replies=replies, scored=None, model=spec.model)


def explain_run(
    run: Run,
    pair: Pair,
    *,
    progress: Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
) -> Card:
    """Explain what a run predicted, from what it asked and was answered. Sends nothing.

    Raises :class:`~core_harness.errors.UsageError` for a pair that the run was not asked about, and
    :class:`~core_harness.errors.RunError` for a run on other rows than the dataset has now.
    """
    spec = RunSpec(**run.manifest["spec"])
    desk = Desk(spec, registry, catalog(), progress=progress, notice=notice)
    desk.check_rows(run.name, run.manifest)
    (method,), split = desk.methods, desk.loaded.split
    pair_id = find_pair(split, pair)
    row = run.predictions().filter(pl.col("pair_id") == pair_id).row(0, named=True)
    with threadpool_limits(limits=1):
        questions = pose(desk.loaded.task, method, split, spec.control, desk.facts)
        questions = replace(questions, evidence=list(questions.evidence))
        replies = None
        if method.llm is not None:
            with Journal(run.folder / "replies.sqlite") as journal:
                prompts = prompts_about(questions, pair_id)
                replies = answered_before(method.llm.object, prompts, journal=journal)
        return make_card(
            questions,
            pair_id,
            replies=replies,
            scored=(row["score"], row["status"]),
            model=spec.model,
            control=spec.control,
        )
