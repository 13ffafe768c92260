"""The questions of one seed: what a method sees of the data, what it learns from, what it asks a model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from core_harness.data import crossfit
from core_harness.data.splits import Split
from core_harness.evaluation import pipeline
from core_harness.evaluation.spec import Method
from core_harness.evidence import controls
from core_harness.evidence.evidence import Evidence
from core_harness.knowledge.facts import Facts
from core_harness.plugins.protocols import LearningAggregator
from core_harness.schemas import Task
from core_harness.vocabulary import Control


@dataclass(frozen=True, kw_only=True)
class Questions:
    """A method with its evidence; made by :func:`pose`.

    Attributes
    ----------
    task, method
        Who is asked what.
    evidence
        About the queries, block by block; to be walked through once where no model is asked.
    learnt_from, labels
        Evidence and ``pair_id, label`` of the examples, where the aggregator learns; else empty.
    facts
        What prompts may tell.
    """

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

    def weighed(self, answers: pl.DataFrame) -> Questions:
        """Return the same questions with the evidence weighed by the model's grades, if it gave any."""
        if not self.method.grades:
            return self
        evidence, learnt_from = (
            [pipeline.weigh(block, answers) for block in part] for part in (self.evidence, self.learnt_from)
        )
        return replace(self, evidence=evidence, learnt_from=learnt_from)

    def predict(self, answers: pl.DataFrame) -> pl.DataFrame:
        """Return :data:`~core_harness.schemas.PREDICTIONS`, after the aggregator has learnt, if it does."""
        weighed = self.weighed(answers)
        if isinstance(learner := self.method.aggregator.object, LearningAggregator):
            learner.fit(self.task, list(weighed.learnt_from), answers, self.labels)
        return pipeline.predict(self.task, self.method, weighed.evidence, answers)


def pose(task: Task, method: Method, split: Split, control: Control | None, facts: Facts) -> Questions:
    """Return the questions of a method about a divided dataset, under the control of ``task.seed``."""
    seen = controls.on_split(control, split, seed=task.seed)
    codes = controls.on_names(control, seen, seed=task.seed)
    learner = method.aggregator.object
    examples = None
    if isinstance(learner, LearningAggregator):
        examples = crossfit.examples(seen, learner.examples, seed=task.seed)

    def gathered(part: Split) -> Iterable[Evidence]:
        evidence = pipeline.gather(task, method, part, control=control, codes=codes)
        # a model is asked all at once, so that no block waits for the last reply of another
        return list(evidence) if method.asks or examples is not None else evidence

    return Questions(
        task=task,
        method=method,
        evidence=gathered(seen),
        learnt_from=() if examples is None else gathered(examples),
        labels=split.truth.clear() if examples is None else examples.truth,
        facts=facts if codes is None else facts.anonymous(codes),
    )
