"""Predictions of pairs that need not have been measured, from all that was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from core_harness.data.pairs import Wanted
from core_harness.data.rates import gene_rate_of
from core_harness.data.splits import Split, cells_of
from core_harness.evaluation import pipeline
from core_harness.evaluation.loaded import Loaded
from core_harness.evaluation.methods import Method
from core_harness.evaluation.running import estimate_prompts, warn_of_contamination
from core_harness.evaluation.session import Session
from core_harness.evaluation.shown import Shown
from core_harness.evaluation.spec import RunSpec
from core_harness.evidence.evidence import Evidence
from core_harness.evidence.strongest import strongest
from core_harness.llm import Estimate, Summary
from core_harness.schemas import SUPPORT, Schema, Task, simulated_parts

PREDICTED_PAIRS: Schema = {
    "context": pl.String,
    "perturbation": pl.String,
    "gene": pl.String,
    "score": pl.Float64,
    "status": pl.String,
    "gene_rate": pl.Float64,
    "n_pos": pl.UInt32,
    "n_neg": pl.UInt32,
    "evidence": pl.String,
    "measured": pl.UInt8,
}
"""What a person gets: score and status, what the gene's frequency alone would say, how many related
perturbations did and did not move the gene, the strongest of them in words, and the label of a pair that was
measured, which its score does not rest on."""


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """Predictions of pairs.

    Attributes
    ----------
    task, method, model
        Of what data, and by whom.
    pairs
        :data:`PREDICTED_PAIRS`, perturbation by perturbation, the highest scores first.
    support
        Measured pairs that the scores rest on: those of both splits, without the predicted ones.
    unrelated
        Perturbations that the knowledge graph relates to none that was measured, sorted; empty for a method
        that does not read it.
    asking
        What asking came to; None where no model was asked.
    """

    task: Task
    method: str
    model: str | None
    pairs: pl.DataFrame
    support: int
    unrelated: tuple[str, ...]
    asking: Summary | None

    @property
    def simulated(self) -> tuple[str, ...]:
        """What a program made up: ``data``, ``answers``, both, or nothing."""
        answers = self.asking is not None and self.asking.simulated
        return simulated_parts(data=self.task.simulated, answers=answers)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it; its keys are stable."""
        return {
            "dataset": self.task.dataset,
            "task": self.task.question,
            "strategy": self.method,
            "model": self.model,
            "support_contexts": list(self.task.support_contexts),
            "simulated_parts": list(self.simulated),
            "seed": self.task.seed,
            "support": self.support,
            "unrelated": list(self.unrelated),
            "asking": None if self.asking is None else self.asking.as_dict(),
            "predictions": self.pairs.to_dicts(),
        }


def predict_pairs(session: Session, method: Method, spec: RunSpec, wanted: Wanted) -> Predicted:
    """Predict pairs of a dataset from all of its labelled rows, train and test, but the pairs themselves.

    The pipeline is that of an evaluation; replies of a model are cached as there.

    Parameters
    ----------
    session, method
        As for :func:`~core_harness.evaluation.pipeline.run_method`.
    spec
        Dataset, contexts to learn from too, seed. Its regime, part and control are not looked at.
    wanted
        The pairs.

    Raises
    ------
    HarnessError
        One line for whatever the caller can mend.
    """
    loaded = session.load(spec)
    split = _split_of(loaded.rows, wanted.pairs)
    warn_of_contamination(session, spec, [method])
    with threadpool_limits(limits=1):
        shown = _shown(session, method, spec, split)
        shown, predictions, asking = pipeline.answer(session, method, shown)
        spoken = pl.concat(_spoken(evidence, loaded.task) for evidence in shown.evidence)
        related = pl.concat(evidence.related().select("perturbation") for evidence in shown.evidence)
    pairs = (
        split.queries.with_columns(gene_rate_of(split.queries, split.support).alias("gene_rate"))
        .join(predictions, on="pair_id")
        .join(spoken, on="pair_id", how="left")
        .join(loaded.rows, on=["context", "perturbation", "gene"], how="left")
        .rename({"label": "measured"})
        .sort(
            "context",
            "perturbation",
            "score",
            "gene",
            descending=[False, False, True, False],
            nulls_last=True,
        )
    )
    unrelated = split.queries.join(related, on="perturbation", how="anti")["perturbation"].unique().sort()
    return Predicted(
        task=loaded.task,
        method=method.label,
        model=method.model,
        pairs=pairs.select(*PREDICTED_PAIRS),
        support=split.support.height,
        unrelated=tuple(unrelated) if method.reads_knowledge else (),
        asking=asking,
    )


def asked_rows(loaded: Loaded) -> pl.DataFrame:
    """Return the rows of the contexts in which pairs may be predicted, which do not only join the support."""
    own = loaded.split.queries["context"].unique().implode()
    joined = pl.col("context").is_in(loaded.task.support_contexts)
    return loaded.rows.filter(~joined | pl.col("context").is_in(own))


def estimate_pairs(session: Session, method: Method, spec: RunSpec, wanted: Wanted) -> dict[str, Estimate]:
    """Return what :func:`predict_pairs` would ask and spend, by the method's label; empty for no model."""
    if method.llm is None:
        return {}
    with threadpool_limits(limits=1):
        split = _split_of(session.load(spec).rows, wanted.pairs)
        prompts = pipeline.prompt(method, _shown(session, method, spec, split))
    return {method.label: estimate_prompts(session, method.llm, prompts)}


def _split_of(rows: pl.DataFrame, pairs: pl.DataFrame) -> Split:
    """Return all measured pairs as support but those that are predicted, so that no score sees its label."""
    support = rows.join(pairs, on=["context", "perturbation", "gene"], how="anti", maintain_order="left")
    return Split(
        support=support.select(*SUPPORT),
        queries=pairs,
        truth=pl.DataFrame(schema={"pair_id": pl.UInt32, "label": pl.UInt8}),
        cells=cells_of(rows),
    )


def _shown(session: Session, method: Method, spec: RunSpec, split: Split) -> Shown:
    loaded = session.load(spec)
    facts = session.open_knowledge(loaded.dataset, method)
    return pipeline.show(method, loaded.task, split, None, facts)


def _spoken(evidence: Evidence, task: Task) -> pl.DataFrame:
    """Return ``pair_id, n_pos, n_neg, evidence`` of a block."""
    totals = evidence.totals().select("pair_id", "n_pos", "n_neg")
    return totals.join(strongest(evidence, task.question), on="pair_id", how="left")
