"""``explain()``: what ``core-harness explain`` does, from Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from core_harness.analysis.cards import Card, Pair, make_card, prompts_about
from core_harness.data.splits import Split
from core_harness.errors import RunError, UsageError, unknown
from core_harness.evaluation.api import Desk
from core_harness.evaluation.evaluation import Notice, ask
from core_harness.evaluation.pipeline import Progress
from core_harness.evaluation.questions import pose
from core_harness.evaluation.spec import Method, RunSpec
from core_harness.llm import Journal, answered_before
from core_harness.plugins.catalog import catalog
from core_harness.plugins.protocols import LearningAggregator
from core_harness.registry.entries import Registry
from core_harness.runs.folder import Run
from core_harness.schemas import PAIRS


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
    split = _single_question(desk.loaded.split, pair)
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
    _check_same(run, method)
    pair_id = _find_pair(split, pair)
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


def _check_same(run: Run, method: Method) -> None:
    """Refuse a run whose components or templates are not what their names stand for now."""
    now = {
        made.identity.stage: (made.identity.name, dict(made.identity.parameters))
        for made in method.components
    }
    then = {
        stage: (one["name"], one["parameters"])
        for stage, one in run.manifest["components"].items()
        if stage != "dataset"
    }
    changed = sorted(stage for stage in now.keys() | then.keys() if now.get(stage) != then.get(stage))
    if run.manifest["templates"] != [template.identity() for template in method.templates]:
        changed.append("template")
    if changed:
        raise RunError(
            f"{run.name} was made with another {' and '.join(changed)} than {method.label} has now; "
            "run it again, or explain the pair without --run"
        )


def _single_question(split: Split, pair: Pair) -> Split:
    """Return a split that asks about one pair only, measured or not; its id is 0.

    Rows of the pair's own (context, perturbation) leave the support, so that no answer is among the
    evidence. Raises :class:`~core_harness.errors.UsageError` for a context that the data do not have.
    """
    known = split.support["context"].unique().sort().to_list()
    if pair.context is None and len(known) > 1:
        raise UsageError(f"the data have several contexts ({', '.join(known)}); name one with --context")
    context = known[0] if pair.context is None else pair.context
    if context not in known:
        raise UsageError(unknown("context", context, known))
    own = (pl.col("context") == context) & (pl.col("perturbation") == pair.perturbation)
    query = pl.DataFrame([(0, context, pair.perturbation, pair.gene)], schema=dict(PAIRS), orient="row")
    return Split(
        support=split.support.filter(~own),
        queries=query,
        truth=pl.DataFrame(schema={"pair_id": pl.UInt32, "label": pl.UInt8}),
    )


def _find_pair(split: Split, pair: Pair) -> int:
    """Return the id of a query. Raises :class:`~core_harness.errors.UsageError` for a pair that is none."""
    same = (pl.col("perturbation") == pair.perturbation) & (pl.col("gene") == pair.gene)
    found = split.queries.filter(same)
    if pair.context is not None:
        found = found.filter(pl.col("context") == pair.context)
    if found.is_empty():
        raise UsageError(f"{pair.perturbation} on {pair.gene} was not asked in this run; leave out --run")
    if found.height > 1:
        contexts = ", ".join(found["context"])
        raise UsageError(f"the pair was asked in several contexts ({contexts}); name one with --context")
    return int(found["pair_id"].item())
