"""The vote and the model, together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from core_harness import Evidence, Need, Task
from core_harness.plugins.limits import NotNegative
from core_harness_plugins.aggregators.answer import mean_answers
from core_harness_plugins.aggregators.vote import Vote

_SURE = 1e-3
"""Probabilities are kept this far from 0 and 1, so that one word of a model has finite log-odds."""


class Fused:
    """Log-odds of the vote and of the model's answer, added with weights that are learnt on support.

    Perturbations of the support, drawn with the seed, are asked about as the queries are, on a support
    without them; a logistic regression of their labels on both log-odds (L2, C = 1) gives the weights.
    A pair without an answer keeps its vote. Without two classes among the answered examples nothing can
    be learnt, and pairs have no score (``not_fitted``).

    Parameters
    ----------
    examples
        Perturbations of the support to learn from; their prompts are asked, and paid for, like others.
    power, shrinkage
        Of the vote.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"evidence", "answers"})

    def __init__(
        self, *, examples: int = 100, power: NotNegative = 2.0, shrinkage: NotNegative = 0.1
    ) -> None:
        self.examples = examples
        self.power = power
        self.shrinkage = shrinkage
        self._model: LogisticRegression | None = None

    def fit(
        self, task: Task, evidence: Iterable[Evidence], answers: pl.DataFrame, labels: pl.DataFrame
    ) -> None:
        """Learn the weights of vote and answer."""
        known = pl.concat(self._opinions(task, block, answers) for block in evidence)
        known = known.drop_nulls("value").join(labels, on="pair_id").sort("pair_id")
        self._model = None
        if known["label"].n_unique() == 2:
            self._model = LogisticRegression().fit(_log_odds(known), known["label"].to_numpy())

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return the calibrated sum, the vote where there is no answer."""
        opinions = self._opinions(task, evidence, answers)
        if self._model is None or opinions.is_empty():
            return opinions.select(
                "pair_id", pl.lit(None, pl.Float64).alias("score"), pl.lit("not_fitted").alias("status")
            )
        together = pl.Series(self._model.predict_proba(_log_odds(opinions))[:, 1])
        return opinions.select(
            "pair_id",
            pl.when(pl.col("value").is_not_null()).then(together).otherwise("vote").alias("score"),
            pl.col("status").fill_null("no_contrast"),
        )

    def _opinions(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return ``pair_id, vote, value, status`` in the order of the pairs."""
        vote = Vote(power=self.power, shrinkage=self.shrinkage).predict(task, evidence, answers)
        return vote.select("pair_id", pl.col("score").alias("vote")).join(
            mean_answers(answers, task.question), on="pair_id", how="left", maintain_order="left"
        )


def _log_odds(opinions: pl.DataFrame) -> NDArray[np.float64]:
    """Return (pairs, 2): log-odds of the vote and of the answer, an even one where there is none."""
    chances = opinions.select("vote", pl.col("value").fill_null(0.5)).to_numpy().clip(_SURE, 1 - _SURE)
    odds: NDArray[np.float64] = np.log(chances / (1 - chances))
    return odds
