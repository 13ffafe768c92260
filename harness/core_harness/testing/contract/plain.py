"""Plain components that stand at the other stages while one is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import polars as pl

from core_harness.evaluation.methods import Method
from core_harness.evidence.evidence import Evidence
from core_harness.llm import ANSWERS
from core_harness.plugins.component import Instance, Stage
from core_harness.runs.manifest import ComponentReference
from core_harness.schemas import RELATIONS, Block, Need, Task

_EVERYTHING: frozenset[Need] = frozenset({"relations", "evidence", "answers", "grades"})


class PlainRetriever:
    """Relates most pairs, with weights and layers that depend on the two names alone."""

    def relate(self, task: Task, block: Block) -> pl.DataFrame:  # noqa: ARG002 - a stage is given both
        """Return the relations."""
        queries = pl.DataFrame({"perturbation": block.perturbations}, schema={"perturbation": pl.String})
        candidates = pl.DataFrame({"neighbour": block.candidates}, schema={"neighbour": pl.String})
        number = pl.struct("perturbation", "neighbour").hash(0)
        first, second = (number % 100 + 1) / 100, (number // 100 % 100 + 1) / 100
        return (
            queries.join(candidates, how="cross")
            .filter(pl.col("perturbation") != pl.col("neighbour"), number % 5 != 0)
            .with_columns(
                weight=(first + second) / 2,
                layers=pl.struct(first.alias("first"), second.alias("second")),
            )
        )


class UnrelatedRetriever:
    """Relates nothing."""

    def relate(self, task: Task, block: Block) -> pl.DataFrame:  # noqa: ARG002
        """Return no relation."""
        return pl.DataFrame(schema=dict(RELATIONS))


class PlainOrganizer:
    """Passes all evidence on; aggregators find everything that they may need."""

    gives: ClassVar[frozenset[Need]] = _EVERYTHING

    def organize(self, task: Task, evidence: Evidence) -> Evidence:  # noqa: ARG002
        """Return the evidence."""
        return evidence


class PlainAggregator:
    """The weighted share of positives in the evidence."""

    needs: ClassVar[frozenset[Need]] = frozenset()

    def predict(
        self,
        task: Task,  # noqa: ARG002
        evidence: Evidence,
        answers: pl.DataFrame,  # noqa: ARG002
    ) -> pl.DataFrame:
        """Return the predictions."""
        positive, all_of = pl.col("w_pos"), pl.col("w_pos") + pl.col("w_neg")
        score = (positive + 0.5) / (all_of + 1)
        return evidence.totals().select("pair_id", score.alias("score"), pl.lit("ok").alias("status"))


def plain_instance(stage: Stage, made: Any) -> Instance:
    """Return one of these as the pipeline has components."""
    return Instance(stage, ComponentReference(name="plain", distribution="core-harness"), made)


PLAIN = Method(
    label="contract",
    strategy=None,
    retriever=plain_instance("retriever", PlainRetriever()),
    organizer=plain_instance("organizer", PlainOrganizer()),
    aggregator=plain_instance("aggregator", PlainAggregator()),
)
"""The method whose stages are replaced by what is checked."""


def method_with(instance: Instance, others: Mapping[Stage, Any] | None = None) -> Method:
    """Return the plain method with a component, and perhaps ``others``, at their stages."""
    stages: dict[Any, Any] = {stage: plain_instance(stage, made) for stage, made in (others or {}).items()}
    return replace(PLAIN, **{**stages, instance.stage: instance})


def answers_about(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return :data:`~core_harness.llm.ANSWERS` about most of the pairs; a few abstain."""
    number = pl.struct("perturbation", "gene").hash(1)
    abstained = number % 11 == 0
    return pairs.filter(number % 7 != 0).select(
        pl.col("pair_id").alias("prompt_id"),
        pl.lit(0, pl.UInt32).alias("sample"),
        "pair_id",
        pl.col("gene").alias("item"),
        pl.when(~abstained).then((number % 100) / 100).cast(pl.Float64).alias("value"),
        pl.lit(None, pl.Float64).alias("up"),
        pl.when(abstained).then(pl.lit("abstained")).otherwise(pl.lit("ok")).alias("status"),
        *(pl.lit(None, ANSWERS[name]).alias(name) for name in ("mass", "bounded")),
    )
