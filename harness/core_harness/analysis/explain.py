"""``explain()``: what ``core-harness explain`` does, from Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import polars as pl
from threadpoolctl import threadpool_limits

from core_harness.analysis.cards import Card, Pair, make_card, prompts_about
from core_harness.analysis.remade import Remade, remake
from core_harness.data.splits import Split
from core_harness.errors import UsageError, unknown
from core_harness.evaluation import pipeline
from core_harness.evaluation.choices import Choices, as_spec
from core_harness.evaluation.progress import Notice, Progress
from core_harness.evaluation.result import AnyRun, load_run
from core_harness.evaluation.running import warn_of_contamination
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.llm.answers import ANSWERS
from core_harness.plugins.protocols import Dataset, LearningAggregator
from core_harness.registry.entries import Registry
from core_harness.schemas import PAIRS


def explain(
    pair: Pair,
    *,
    dataset: str | Dataset = RunSpec.dataset,
    strategy: str = "voting",
    send: bool = True,
    progress: Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    session: Session | None = None,
    **choices: Unpack[Choices],
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
    progress, notice, registry, session
        As for :func:`~core_harness.evaluate`.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend, e.g. an aggregator that learns from many answers. One that
        learns from the support alone is fitted first, as in a run.
    """
    session = session or Session(registry, progress=progress, notice=notice)
    session, spec = as_spec(session, dataset, strategy, choices)
    (method,) = session.methods(spec)
    if method.asks and isinstance(method.aggregator.object, LearningAggregator):
        raise UsageError(
            f"{method.label} learns from many answers; run it, and explain a pair of that run with --run"
        )
    loaded = session.load(spec)
    facts = session.open_knowledge(loaded.dataset, method)
    split = _single_question(loaded.split, pair)
    with threadpool_limits(limits=1):
        shown = pipeline.show(method, loaded.task, split, None, facts)
        if method.llm is None:
            whole = replace(loaded.split, support=split.support)
            seen = pipeline.show(method, loaded.task, whole, None, facts)
            examples = seen.examples_for(split.queries["context"].item())
            pipeline.fit(method, seen.task, examples, pl.DataFrame(schema=dict(ANSWERS)))
            return make_card(method, shown, 0, replies=None, scored=None)
        if not send:
            return make_card(method, shown, 0, replies=None, scored=(None, "not_asked"))
        warn_of_contamination(session, spec, [method])
        asked = pipeline.ask(session, method, prompts_about(method, shown, 0), None)
        return make_card(method, shown, 0, replies=None if asked is None else asked.replies, scored=None)


def explain_run(
    run: AnyRun,
    pair: Pair,
    *,
    progress: Progress | None = None,
    notice: Notice | None = None,
    registry: Registry | None = None,
    session: Session | None = None,
) -> Card:
    """Explain what a run predicted, from what it asked and was answered. Sends nothing.

    A run that was made with an object is explained in a session that has it:
    ``session=Session().with_objects(aggregator=Mine())``.

    Raises :class:`~core_harness.errors.UsageError` for a pair that the run was not asked about, or
    predictions that were made elsewhere, and :class:`~core_harness.errors.RunError` for a run whose dataset
    or method is another one now, or that holds no predictions.
    """
    session = session or Session(registry, progress=progress, notice=notice)
    with threadpool_limits(limits=1):
        return card_of(remake(load_run(run), session), pair)


def card_of(remade: Remade, pair: Pair) -> Card:
    """Return the card of a pair of a run that was made again; sends nothing.

    Raises :class:`~core_harness.errors.UsageError` for a pair that the run was not asked about, and
    :class:`~core_harness.errors.RunError` for a run that holds no predictions.
    """
    pair_id = _find_pair(remade.split, pair)
    own = remade.run.predictions().filter(pl.col("pair_id") == pair_id)
    score, status = own.select("score", "status").row(0)
    remade.learn_for(remade.split.queries.filter(pair_id=pair_id)["context"].item())
    return make_card(
        remade.method,
        remade.shown,
        pair_id,
        replies=remade.replies(prompts_about(remade.method, remade.shown, pair_id)),
        scored=(score, status),
        control=remade.run.manifest.control,
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
