"""Cross-validation over the perturbations of the support: what a method scores where nothing was seen.

The support of a dataset is divided into folds by perturbation (:mod:`core_harness.data.crossfit`). Each fold
becomes the queries of the rest, and the whole pipeline runs on that division: relations, evidence, rates and
whatever is fitted are made again without the fold. No test row takes part: the divisions are made of the
support alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import polars as pl
from threadpoolctl import threadpool_limits

from core_harness.data.crossfit import FOLDS, out_of_fold
from core_harness.data.crossfit import folds as folds_of
from core_harness.data.rates import gene_rate_of
from core_harness.data.splits import AWAY, Split
from core_harness.errors import UsageError
from core_harness.evaluation import pipeline
from core_harness.evaluation.methods import Method
from core_harness.evaluation.session import Session
from core_harness.evaluation.shown import Shown
from core_harness.evaluation.spec import RunSpec, tasks_of
from core_harness.evidence import controls
from core_harness.plugins.component import Instance
from core_harness.plugins.protocols import LearningAggregator
from core_harness.schemas import SUPPORT, Task


@dataclass(frozen=True, kw_only=True)
class Support:
    """What can be learnt from a dataset without its test rows.

    Attributes
    ----------
    task
        What is asked of it.
    rows
        Frame of :data:`~core_harness.schemas.SUPPORT`, sorted; with support contexts, theirs too.
    contexts
        The contexts of the dataset itself, whose perturbations are asked about.
    dataset
        The component that it comes from.
    """

    task: Task
    rows: pl.DataFrame
    contexts: tuple[str, ...]
    dataset: Instance

    @property
    def digest(self) -> str:
        """SHA-256 of the rows."""
        return hashlib.sha256(self.rows.select(*SUPPORT).write_csv().encode()).hexdigest()

    def splits(self, number: int) -> list[Split]:
        """Return the divisions into queries and support, of ``number`` folds drawn with the task's seed."""
        asked = self.contexts if self.task.support_contexts else ()
        return list(out_of_fold(self.rows, number=number, seed=self.task.seed, contexts=asked))

    @property
    def asked(self) -> pl.DataFrame:
        """The rows of the dataset itself: those that become queries."""
        return self.rows.filter(pl.col("context").is_in(self.contexts))

    def folds(self, number: int) -> pl.DataFrame:
        """Return ``perturbation, fold`` of the perturbations that are asked about."""
        return folds_of(self.asked, number=number, seed=self.task.seed)


def support_of(session: Session, spec: RunSpec) -> Support:
    """Return the support of the dataset that a spec names, in its regime.

    Raises :class:`UsageError` for a part of the dataset, or for genes held out: both are drawn among the
    test rows.
    """
    for value, option in (
        (spec.gene_holdout, "--gene-holdout"),
        (spec.limit, "--limit"),
        (spec.only, "--only"),
    ):
        if value is not None:
            raise UsageError(
                f"{option} is about test rows, which cross-validation does not read; leave it out"
            )
    if spec.effective_regime in AWAY:
        raise UsageError(
            f"cross-validation asks about the support of a dataset's own contexts, and {spec.regime} has "
            "none; take unseen-perturbation or cross-context"
        )
    alone = session.load(replace(spec, control=None, regime=None, support_contexts=()))
    loaded = session.load(replace(spec, control=None))
    return Support(
        task=loaded.task,
        rows=loaded.split.support,
        contexts=tuple(alone.split.support["context"].unique().sort()),
        dataset=loaded.dataset,
    )


def crossvalidate(session: Session, spec: RunSpec, method: Method, *, folds: int = FOLDS) -> pl.DataFrame:
    """Return the scores of a method on the support of a dataset, out of fold, with the truth.

    Parameters
    ----------
    session
        Where the dataset and the graph are loaded.
    spec
        Dataset, regime (unseen-perturbation or cross-context), seed of the folds, and control with its number
        of seeds; a control that draws is drawn anew in each fold and seed. Its strategies are not looked at.
    method
        Who predicts; it asks no model.
    folds
        Their number.

    Returns
    -------
    polars.DataFrame
        ``fold, pair_id, context, perturbation, gene, label, gene_rate, score, status``, each row of the
        dataset's own support once, or once a ``seed`` (the last column) under a control that draws. Rows
        and pair ids are the same for every method and control of one dataset, regime, seed and number of
        folds. ``gene_rate`` is that without the fold. Scores of different folds were fitted on different
        rows: metrics are computed within folds (:mod:`core_harness.analysis.crossvalidated`).

    Raises
    ------
    UsageError
        The method asks a model, there are too few perturbations, or the spec asks about test rows.
    HarnessError
        One line for whatever else the caller can mend, a component that fails among it.
    """
    (scored,) = crossvalidate_all(session, spec, [method], folds=folds)
    return scored


def crossvalidate_all(
    session: Session, spec: RunSpec, methods: Sequence[Method], *, folds: int = FOLDS
) -> list[pl.DataFrame]:
    """Return what :func:`crossvalidate` does for each of several methods.

    Methods take turns within a fold. Those that follow each other with equal retrievers and organizers share
    the evidence; so it is best to have them side by side.
    """
    for method in methods:
        if method.asks:
            raise UsageError(
                f"{method.label} asks a model, and cross-validation would pay for every fold; take a "
                "strategy that asks none"
            )
    support = support_of(session, spec)
    tasks = tasks_of(support.task, spec)
    splits = support.splits(folds)
    pairs = [_pairs(split) for split in splits]
    scored: list[list[list[pl.DataFrame]]] = [[[] for _ in tasks] for _ in methods]
    with threadpool_limits(limits=1):  # sums in one order: the same bytes whatever the machine
        for at, (split, (seed, task)) in enumerate(product(splits, enumerate(tasks))):
            controls.check_fits(spec.control, split)
            last: tuple[object, Shown] | None = None
            for place, method in enumerate(methods):
                done, total = at * len(methods) + place, len(splits) * len(tasks) * len(methods)
                session.tell(f"{spec.dataset}, {method.label}", done, total)
                facts = session.open_knowledge(support.dataset, method)
                key = _evidence_key(method)
                if last is None or last[0] != key:
                    last = key, pipeline.show(method, task, split, spec.control, facts)  # relate, organize
                scored[place][seed].append(_predictions(method, last[1]))
    asked = pl.concat(pairs).with_row_index("pair_id")
    asked = asked.join(support.folds(folds), on="perturbation", maintain_order="left").select(
        "fold", *asked.columns
    )
    return [_with_scores(asked, by_seed, tasks) for by_seed in scored]


def _evidence_key(method: Method) -> object:
    """Return what the evidence that a method is shown depends on: methods with equal keys share it."""
    learner = method.aggregator.object
    examples = learner.examples if isinstance(learner, LearningAggregator) else None
    return method.retriever.reference, method.organizer.reference, examples


def _predictions(method: Method, shown: Shown) -> pl.DataFrame:
    """Return what a method predicts from what it is shown, by the steps that are left."""
    answers = pipeline.parse(pipeline.prompt(method, shown), None)  # nothing is asked
    return pipeline.fit_and_predict(method, shown, answers)


def _pairs(split: Split) -> pl.DataFrame:
    """Return the queries of a fold with their label and the rate of their gene, in order."""
    rate = gene_rate_of(split.queries, split.support).alias("gene_rate")
    labelled = split.queries.with_columns(rate).join(split.truth, on="pair_id", maintain_order="left")
    return labelled.select("context", "perturbation", "gene", "label", "gene_rate")


def _with_scores(
    asked: pl.DataFrame, by_seed: Sequence[Sequence[pl.DataFrame]], tasks: Sequence[Task]
) -> pl.DataFrame:
    """Return the pairs with what was predicted about them in each fold, seed by seed.

    Predictions are sorted by pair, as the pairs of a fold are; so no frame is joined, and the frames of
    all methods share the columns of the pairs.
    """
    frames = [
        asked.with_columns(pl.concat([part.select("score", "status") for part in parts]).get_columns())
        for parts in by_seed
    ]
    if len(frames) == 1:
        return frames[0]
    return pl.concat(
        frame.with_columns(pl.lit(task.seed).alias("seed")) for frame, task in zip(frames, tasks, strict=True)
    )
