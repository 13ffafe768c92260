"""The order of an evaluation, from the rows of a dataset to the report.

::

    load -> divide -> relate -> organize -> prompt -> ask -> parse -> weigh -> fit -> predict -> score

:func:`run_method` has the steps in this order, :func:`answer` those from ``prompt`` on. ``load`` and
``divide`` are done once a session; ``relate`` and ``organize`` block by block, when the evidence is first
walked. No component is given a query's label. What is ``traced`` is a stage that
:mod:`~core_harness.evaluation.trace` prints on request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain, groupby
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from core_harness import metrics
from core_harness.data import crossfit, splits
from core_harness.data.rates import gene_rate_in
from core_harness.data.splits import Split, beside, by_pair
from core_harness.errors import UsageError
from core_harness.evaluation.checks import (
    check_dataset,
    check_evidence,
    check_predictions,
    check_prompts,
    check_relations,
)
from core_harness.evaluation.contexts import checked_rows, train_rows_elsewhere
from core_harness.evaluation.grading import mark_ungraded, weighed_by
from core_harness.evaluation.in_graph import in_graph
from core_harness.evaluation.methods import Method
from core_harness.evaluation.result import Result
from core_harness.evaluation.shown import Examples, Shown
from core_harness.evaluation.spec import RunSpec, tasks_of
from core_harness.evaluation.trace import traced
from core_harness.evidence import controls
from core_harness.evidence.blocks import KEPT, Blocks
from core_harness.evidence.evidence import Evidence
from core_harness.knowledge.facts import Facts
from core_harness.llm import PROMPTS, Asked, Cache, Journal, Summary, ask_all
from core_harness.llm.answered import answered
from core_harness.llm.answers import ANSWERS, parse_replies
from core_harness.llm.frames import begun
from core_harness.paths import replies_path
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import GuardedLLM, asking, call
from core_harness.plugins.protocols import LearningAggregator
from core_harness.schemas import Block, Task
from core_harness.vocabulary import Control

if TYPE_CHECKING:
    from core_harness.evaluation.session import Session


def run_method(
    session: Session,
    method: Method,
    spec: RunSpec,
    *,
    dataset: Instance | None = None,
    journal: Path | None = None,
) -> Result:
    """Evaluate a method on a dataset, once, or once a seed under a control that draws.

    Parameters
    ----------
    session
        What the methods of a process share: datasets as they were loaded and divided, the graph, settings.
    method
        Who predicts.
    spec
        What is asked: dataset, regime, part, control, seed. Its strategies are not looked at.
    dataset
        In place of the one that ``spec`` names.
    journal
        File in which replies are written down as they come; None keeps them in memory and in the cache.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend, a component that fails among it.
    """
    loaded = session.load(spec, dataset)  # load, divide
    facts = session.open_knowledge(loaded.dataset, method)
    if not method.asks and controls.leaves_unchanged(spec.control, method.aggregator.object.needs):
        said = f"{method.label} reads no organized evidence, so {spec.control} changes no score of it"
        session.notice(said)
    frames: list[pl.DataFrame] = []
    reports: list[metrics.Report] = []
    summaries: list[Summary] = []
    tasks = tasks_of(loaded.task, spec)
    repeats = len(tasks)
    for repeat, task in enumerate(tasks):
        session.tell(method.label if repeats == 1 else f"{method.label}, {spec.control}", repeat, repeats)
        shown = show(method, task, loaded.split, spec.control, facts)  # relate, organize
        _, predictions, asking = answer(session, method, shown, journal)
        resamples = session.resamples if repeats == 1 else 0  # seeds give the interval of a control
        reports.append(score(loaded.split, predictions, seed=task.seed, resamples=resamples))
        paired = beside(loaded.split.queries, predictions)
        frames.append(paired if repeats == 1 else paired.with_columns(pl.lit(task.seed).alias("seed")))
        summaries += [] if asking is None else [asking]
        if asking is not None and asking.ended:
            break
    session.tell(method.label, repeats, repeats)
    return Result.of(
        task=loaded.task,
        spec=spec,
        method=method.reference,
        report=reports[0] if repeats == 1 else metrics.mean_report(reports),
        predictions=pl.concat(frames),
        asking=reduce(add, summaries) if summaries else None,
        contamination=session.contamination(spec) if method.asks else None,
        in_graph=in_graph(session, loaded, method),
    )


def answer(
    session: Session, method: Method, shown: Shown, journal: Path | None = None
) -> tuple[Shown, pl.DataFrame, Summary | None]:
    """Return what is shown, weighed, the predictions, and what asking came to, if a model was asked."""
    prompts = prompt(method, shown)
    asked = ask(session, method, prompts, journal)
    answers = parse(prompts, asked)
    shown = weigh(method, shown, answers)
    predictions = fit_and_predict(method, shown, answers)
    counted = None if asked is None else answered(asked.replies, answers)
    return shown, predictions, None if asked is None else replace(asked.summary, answers=counted)


@traced
def load(dataset: Instance, spec: RunSpec) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the checked rows of a dataset, and the contexts whose train rows methods may learn from too.

    Rows are sorted by (context, perturbation, gene), so that nothing depends on the order of a file.
    """
    check_dataset(dataset.object, dataset.name)
    rows = checked_rows(call(dataset, "rows"), dataset, spec.dataset)
    own = rows["context"].unique().to_list()
    if len(own) == 1 and own == list(spec.support_contexts):
        raise UsageError(f"{own[0]!r} is the only context of {spec.dataset}; name another to learn from")
    others = dict(train_rows_elsewhere(dataset, rows, name, spec.dataset) for name in spec.support_contexts)
    if any(other.height for other in others.values()):
        rows = pl.concat([rows, *others.values()], how="diagonal").sort("context", "perturbation", "gene")
    return rows, tuple(sorted(others))


@traced
def divide(rows: pl.DataFrame, spec: RunSpec, contexts: Sequence[str] = ()) -> Split:
    """Divide rows into support, queries and truth by the regime, and keep the part that was asked for.

    ``contexts`` are the support contexts by the names that the rows have.
    """
    split = splits.split_rows(rows)
    split = splits.only_unseen(split, spec.effective_regime, support_contexts=contexts)
    if not split.queries.height:
        raise UsageError(f"{spec.dataset} has no query for the regime {spec.effective_regime}")
    if spec.gene_holdout is not None:
        split = splits.hold_out_genes(split, spec.gene_holdout, seed=spec.seed)
    if spec.support is not None:
        split = splits.draw_support(split, *spec.support, seed=spec.seed)
    if spec.only == "evaluable":
        split = splits.only_evaluable(split)
    if spec.limit is not None:
        split = splits.limit_genes(split, spec.limit, seed=spec.seed)
    return split


# relate and organize: what a method is shown


def show(method: Method, task: Task, split: Split, control: Control | None, facts: Facts) -> Shown:
    """Return the evidence about all queries, and about the examples to learn from, under a control."""
    seen = controls.on_split(control, split, seed=task.seed)
    codes = controls.on_names(control, seen, seed=task.seed)
    regime, others = task.regime, task.support_contexts

    def gather(parts: Sequence[Split], *, kept: int = KEPT) -> Blocks:
        def make(block: Block) -> Evidence:
            relations = controls.on_relations(control, relate(method, task, block), block, seed=task.seed)
            evidence = organize(method, task, Evidence(block, relations))
            evidence = controls.on_evidence(control, evidence)
            return evidence if codes is None else evidence.renamed(codes)

        def blocks() -> Iterator[Block]:
            for part in parts:
                yield from splits.blocks(
                    part.queries, part.support, regime=regime, support_contexts=others, cells=seen.cells
                )

        return Blocks(blocks, make, kept=kept)

    learner = method.aggregator.object
    examples: list[Examples] = []
    if isinstance(learner, LearningAggregator):
        drawn = crossfit.examples(
            seen, learner.examples, seed=task.seed, regime=regime, support_contexts=others
        )
        for contexts, parts in drawn:
            labels = pl.concat(part.truth for part in parts)
            kept = KEPT if len(parts) == 1 else 0  # all of the support is too much
            examples.append(Examples(contexts=contexts, evidence=gather(parts, kept=kept), labels=labels))
    return Shown(
        task=task,
        evidence=gather([seen]),
        examples=tuple(examples),
        facts=facts if codes is None else facts.anonymous(codes),
    )


@traced
def relate(method: Method, task: Task, block: Block) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.RELATIONS` of a block's perturbations to measured ones."""
    relations = method.relate(method.retriever, task, block)
    return check_relations(relations, block, method.retriever.name)


@traced
def organize(method: Method, task: Task, evidence: Evidence) -> Evidence:
    """Return the evidence that is used, about exactly the queries that were asked."""
    organized = call(method.organizer, "organize", task, evidence)
    return check_evidence(organized, evidence.block, method.organizer.name)


# prompt


def prompt(method: Method, shown: Shown) -> pl.DataFrame:
    """Return :data:`~core_harness.llm.PROMPTS`, those of the examples first: without them the rest is lost.

    A method that asks no model has none.
    """
    learnt_from = (examples.evidence for examples in shown.examples)
    blocks = chain(*learnt_from, shown.evidence) if method.asks else ()
    parts = [prompts_about(method, shown, evidence) for evidence in blocks]
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict(PROMPTS))


@traced
def prompts_about(method: Method, shown: Shown, evidence: Evidence) -> pl.DataFrame:
    """Return the prompts of a method that asks a model about one block."""
    prompts = call(method.organizer, "prompts", shown.task, evidence, shown.facts)
    prompts = check_prompts(prompts, evidence, method.organizer.name)
    return begun(prompts) if method.answers_by == "token" else prompts


@traced
def ask(session: Session, method: Method, prompts: pl.DataFrame, journal: Path | None) -> Asked | None:
    """Ask the model of a method; who is asked is announced first. None for a method that asks none.

    A run that sent nothing leaves no journal, so that its folder can go.
    """
    if method.llm is None:
        return None
    with Cache(replies_path()) as cache, Journal(journal, cache=cache) as written:
        try:
            with asking(method.llm):
                return ask_all(
                    GuardedLLM(method.llm),
                    prompts,
                    journal=written,
                    settings=session.settings,
                    announce=lambda who: session.notice(f"{method.label}: asking {who.model} at {who.host}"),
                    on_progress=lambda done, total: session.tell(f"{method.label}, asking", done, total),
                )
        except BaseException:
            if journal is not None and not written.attempts():
                written.close()
                journal.unlink()
            raise


@traced
def parse(prompts: pl.DataFrame, asked: Asked | None) -> pl.DataFrame:
    """Return :data:`~core_harness.llm.answers.ANSWERS`: what was read in the replies; empty without any."""
    return pl.DataFrame(schema=dict(ANSWERS)) if asked is None else parse_replies(prompts, asked.replies)


@traced
def weigh(method: Method, shown: Shown, answers: pl.DataFrame) -> Shown:
    """Return what is shown, weighed by the model's grades where it grades neighbours."""
    if not method.grades:
        return shown

    def weighed(blocks: Blocks) -> Blocks:
        return blocks.mapped(lambda evidence: weighed_by(answers, evidence))

    examples = tuple(replace(part, evidence=weighed(part.evidence)) for part in shown.examples)
    return replace(shown, evidence=weighed(shown.evidence), examples=examples)


# fit, predict


def fit_and_predict(method: Method, shown: Shown, answers: pl.DataFrame) -> pl.DataFrame:
    """Return the predictions for all queries, context by context; an aggregator learns before, if it does."""
    # blocks are sorted by context, so nothing is learnt twice
    by_examples = groupby(shown.evidence, key=lambda evidence: shown.examples_for(evidence.block.context))
    parts = []
    for examples, blocks in by_examples:
        fit(method, shown.task, examples, answers)
        parts.append(predict(method, shown.task, blocks, answers))
    return by_pair(parts)


@traced
def fit(method: Method, task: Task, examples: Examples | None, answers: pl.DataFrame) -> None:
    """Have the aggregator learn from examples, if there are any."""
    if examples is not None:
        call(method.aggregator, "fit", task, examples.evidence, answers, examples.labels)


@traced
def predict(method: Method, task: Task, evidence: Iterable[Evidence], answers: pl.DataFrame) -> pl.DataFrame:
    """Return :data:`~core_harness.schemas.PREDICTIONS` for all queries, sorted by ``pair_id``."""
    who = method.aggregator.name
    ranks = getattr(method.aggregator.object, "scores", "probabilities") == "ranks"

    def about(block: Evidence) -> pl.DataFrame:
        predicted = call(method.aggregator, "predict", task, block, answers)
        checked = check_predictions(predicted, block.pairs, who, ranks=ranks)
        return mark_ungraded(checked, block.pairs, answers) if method.grades else checked

    return by_pair(about(block) for block in evidence)


@traced
def score(split: Split, predictions: pl.DataFrame, *, seed: int, resamples: int = 1000) -> metrics.Report:
    """Return the metrics of predictions beside the truth."""
    rate = gene_rate_in(split, split.queries).alias("gene_rate")
    rows = beside(beside(split.queries.with_columns(rate), split.truth), predictions)
    return metrics.report(rows, seed=seed, resamples=resamples)
