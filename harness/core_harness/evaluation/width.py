"""How wide an interval will be, before anything is evaluated."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from core_harness.evaluation import pipeline
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec

_RANKING = "macro_gene_auroc"


@dataclass(frozen=True, kw_only=True)
class Width:
    """The interval that the ranking metric can be expected to have.

    Attributes
    ----------
    half
        Half of its width: the figure comes as ``value +- half``. None where it is not defined.
    genes, perturbations, pairs
        What the metric rests on.
    """

    half: float | None
    genes: int
    perturbations: int
    pairs: int

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, fit for JSON."""
        return asdict(self)

    def sentence(self) -> str:
        """Return it on one line, for people."""
        if self.half is None:
            return "macro-per-gene AUROC will have no interval: no gene has both classes among these pairs"
        return (
            f"95 % interval of macro-per-gene AUROC: about ±{self.half:.3f}, from {self.genes:,} genes and "
            f"{self.perturbations:,} perturbations (that of scores drawn at random)"
        )


def expected_width(session: Session, spec: RunSpec) -> Width:
    """Return how wide the interval of the ranking metric is for scores drawn at random.

    It depends on the pairs far more than on the method: how many genes have both classes, and how many
    perturbations there are to draw from.
    """
    loaded = session.load(spec)
    queries = loaded.split.queries.select("pair_id")
    drawn = np.random.default_rng(loaded.task.seed).random(queries.height)
    predictions = queries.with_columns(pl.Series("score", drawn), pl.lit("ok").alias("status"))
    report = pipeline.score(loaded.split, predictions, seed=loaded.task.seed, resamples=session.resamples)
    found = report.metrics[_RANKING]
    half = None if found.low is None or found.high is None else (found.high - found.low) / 2
    return Width(half=half, genes=found.genes, perturbations=found.perturbations, pairs=found.pairs)
