"""A submission to the BioReasoning challenge: how probable it is that a gene goes up, and that it goes down.

The two questions of a table of ``up``, ``down`` and ``none`` are answered apart and put together:
``up = p(de) * p(up | de)`` and ``down = p(de) * (1 - p(up | de))``. So the challenge's scores, ``up + down``
and ``up / (up + down)``, are those of the two questions, and its figure is the mean of their pooled AUROC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from core_harness.data.pairs import naming_of, read_pairs
from core_harness.errors import UsageError
from core_harness.evaluation.both import direction_of
from core_harness.evaluation.methods import Method
from core_harness.evaluation.predicting import Predicted, asked_rows, predict_pairs
from core_harness.evaluation.reliability import Reliability, reliability
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec

SEEDS = (42, 43, 44)
"""Seeds whose predictions a submission has, and the mean of which counts."""

_PAIR = ["perturbation", "gene"]


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is handed in, and how far to trust it.

    Attributes
    ----------
    frame
        ``id, prediction_up, prediction_down``, both by seed, ``reasoning_trace_seed42`` to ``44``,
        ``tokens_used``, ``prompt_tokens``, ``model_name``: a row of the file of pairs a row, in its order.
    trust
        Figures of the method on the test split of the dataset, for both questions; None where they are not
        known.
    unanswered
        Pairs without a score, of which both probabilities are 0.
    unrelated
        Perturbations of the file that the knowledge graph relates to none that was measured.
    notes
        What was odd about the file of pairs, a line each.
    """

    frame: pl.DataFrame
    trust: tuple[Reliability, Reliability] | None
    unanswered: int
    unrelated: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def figure(self) -> float | None:
        """The challenge's figure on the test split: the mean of both pooled AUROC."""
        if self.trust is None:
            return None
        values = [one.metrics["pooled_auroc"]["value"] for one in self.trust]
        return None if None in values else sum(values) / 2


def submission(session: Session, spec: RunSpec, pairs: Path, *, folder: Path) -> Submission:
    """Predict the pairs of a file for the challenge.

    Parameters
    ----------
    session, spec
        As for :func:`~core_harness.evaluation.predicting.predict_pairs`; the dataset is a table of ``up``,
        ``down`` and ``none``, and the strategy is one.
    pairs
        ``test.csv``: ``id, pert, gene``.
    folder
        Of the runs, for :func:`~core_harness.evaluation.reliability.reliability`.

    Raises :class:`~core_harness.errors.UsageError` where the dataset asks one question only.
    """
    of_direction = direction_of(session, spec)
    if of_direction is None:
        raise UsageError(
            f"{spec.dataset} asks one question only; a submission needs labels up, down and none, as in "
            "train.csv"
        )
    loaded = session.load(spec)
    rows, agent = asked_rows(loaded), loaded.task.agent
    if rows["context"].n_unique() > 1:
        raise UsageError(f"{spec.dataset} has several contexts, and a submission is of one")
    wanted = read_pairs(pairs, rows, agent=agent, naming=naming_of(loaded.dataset.object))
    both = (spec, of_direction)
    trust = [reliability(session, session.methods(one)[0], one, folder=folder) for one in both]
    predicted = {
        seed: [predict_pairs(session, *_seeded(session, one, seed), wanted) for one in both] for seed in SEEDS
    }
    frame = wanted.written
    for seed, (change, direction) in predicted.items():
        frame = frame.join(_of_seed(change, direction, seed), on=_PAIR, how="left", maintain_order="left")
    first = predicted[SEEDS[0]][0]
    unanswered = frame[f"prediction_up_seed{SEEDS[0]}"].null_count()
    frame = frame.with_columns(pl.selectors.starts_with("prediction_").fill_null(0.0))
    means = [pl.mean_horizontal(_columns(side)).alias(f"prediction_{side}") for side in ("up", "down")]
    spent = [one.asking for pair in predicted.values() for one in pair if one.asking is not None]
    about = {
        "tokens_used": sum(one.prompt_tokens + one.completion_tokens for one in spent),
        "prompt_tokens": sum(one.prompt_tokens for one in spent),
        "model_name": first.model or first.method,
    }
    frame = frame.with_columns(*means, *(pl.lit(value).alias(name) for name, value in about.items()))
    by_seed = [f"prediction_{side}_seed{seed}" for seed in SEEDS for side in ("up", "down")]
    traces = [f"reasoning_trace_seed{seed}" for seed in SEEDS]
    known = None if trust[0] is None or trust[1] is None else (trust[0], trust[1])
    return Submission(
        frame=frame.select("id", "prediction_up", "prediction_down", *by_seed, *traces, *about),
        trust=known,
        unanswered=unanswered,
        unrelated=first.unrelated,
        notes=wanted.notes,
    )


def _seeded(session: Session, spec: RunSpec, seed: int) -> tuple[Method, RunSpec]:
    seeded = replace(spec, seed=seed)
    return session.methods(seeded)[0], seeded


def _of_seed(change: Predicted, direction: Predicted, seed: int) -> pl.DataFrame:
    """Return ``perturbation, gene`` with what one seed predicts, and what it rests on."""
    scores = change.pairs.select(*_PAIR, p=pl.col("score"), trace=pl.col("evidence").fill_null(""))
    up = direction.pairs.select(*_PAIR, up=pl.col("score").fill_null(0.5))
    return scores.join(up, on=_PAIR, how="left").select(
        *_PAIR,
        (pl.col("p") * pl.col("up")).alias(f"prediction_up_seed{seed}"),
        (pl.col("p") * (1 - pl.col("up"))).alias(f"prediction_down_seed{seed}"),
        pl.col("trace").alias(f"reasoning_trace_seed{seed}"),
    )


def _columns(side: str) -> Sequence[str]:
    return [f"prediction_{side}_seed{seed}" for seed in SEEDS]
