"""A vote of votes, learnt within genes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from core_harness import Beyond, Evidence, Need, Task
from core_harness.data.rates import gene_rate_of, log_odds
from core_harness.evidence.two_steps import Floats, TwoSteps
from core_harness.plugins.limits import NotNegative, Share
from core_harness_plugins.aggregators.pairwise import Scale, draw_differences, fit_pairwise
from core_harness_plugins.aggregators.votes import OF_PERTURBATIONS, votes_on


class LearnedVote:
    """Votes by each layer of the graph, by both steps and by other genes, weighed by what holds in genes.

    The weights are those of a logistic regression on differences of a positive and a negative pair of one
    gene (:mod:`core_harness_plugins.aggregators.pairwise`): what all pairs of a gene have in common, such as
    its rate, cancels, so the weights cannot learn it. All perturbations of the support are examples, in
    folds, each asked about with the rest as its support. A logistic regression of the label on the weighed
    vote and the log odds of the gene's shrunk rate then makes probabilities of it; within a gene it changes
    no rank.

    Without ``potency`` and ``unlisted_weight`` all votes contrast measured pairs of one gene. Where nothing
    can be learnt, because no gene has both classes in a fold, all votes weigh the same.

    Parameters
    ----------
    potency
        Whether the strength of a perturbation, by that of its relatives, and how much evidence there is join.
        They are no contrast; the method says that it uses them.
    unlisted_weight
        Share of an observation for which an unlisted pair counts in two votes that join, and with them what
        is expected of the perturbation on the gene, which knows what is listed; 0: they do not join.
    ridge
        Of the weights.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"relations"})
    examples: ClassVar[None] = None

    def __init__(
        self, *, potency: bool = False, unlisted_weight: Share = 0.0, ridge: NotNegative = 0.2
    ) -> None:
        self.potency = potency
        self.unlisted_weight = unlisted_weight
        self.ridge = ridge
        self._weights: dict[str, float] = {}
        self._scale: Scale | None = None
        self._chance: LogisticRegression | None = None

    @property
    def beyond_contrast(self) -> frozenset[Beyond]:
        """What joins beside contrasts of measured pairs."""
        joins: dict[Beyond, bool] = {"potency": self.potency, "unlisted pairs": self.unlisted_weight > 0}
        return frozenset(name for name, used in joins.items() if used)

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the votes as they were learnt, by name; votes are standardised first."""
        return dict(self._weights)

    def fit(
        self, task: Task, evidence: Iterable[Evidence], answers: pl.DataFrame, labels: pl.DataFrame
    ) -> None:
        """Learn the weights of the votes, then what a vote and a rate make together."""
        parts, frames = [], []
        for fold, block in enumerate(evidence):
            parts.append(self._votes(task, block))
            rate = gene_rate_of(block.pairs, block.support).alias("rate")
            frames.append(block.pairs.with_columns(rate, pl.lit(fold).alias("fold")))
        names = list(dict.fromkeys(name for part in parts for name in part))
        features = np.vstack([_stacked(part, names) for part in parts])
        rows = pl.concat(frames).join(labels, on="pair_id", maintain_order="left")
        self._scale = Scale.of(features)
        group = rows.select(pl.struct("fold", "context", "gene").rank("dense").cast(pl.Int64) - 1).to_series()
        pairs = draw_differences(group.to_numpy(), rows["label"].to_numpy(), seed=task.seed)
        scaled = self._scale(features)
        signed = [name in OF_PERTURBATIONS for name in names]  # strength is no vote, and may count against
        weights = np.ones(len(names))
        if len(pairs.weight):
            weights = fit_pairwise(scaled, pairs, ridge=self.ridge, signed=signed)
        self._weights = dict(zip(names, weights.tolist(), strict=True))
        self._chance = None
        if rows["label"].n_unique() == 2:
            self._chance = _calibrated(scaled @ weights, rows["rate"], rows["label"])

    def predict(self, task: Task, evidence: Evidence, answers: pl.DataFrame) -> pl.DataFrame:
        """Return the probabilities; none (``not_fitted``) without two classes among the examples."""
        if self._chance is None or self._scale is None or evidence.pairs.is_empty():
            return evidence.pairs.select(
                "pair_id", pl.lit(None, pl.Float64).alias("score"), pl.lit("not_fitted").alias("status")
            )
        scaled = self._scale(_stacked(self._votes(task, evidence), list(self._weights)))
        vote = scaled @ np.array(list(self._weights.values()))
        rate = gene_rate_of(evidence.pairs, evidence.support)
        score = self._chance.predict_proba(np.column_stack([vote, log_odds(rate)]))[:, 1]
        totals = evidence.totals()
        known = (totals["n_pos"] + totals["n_neg"]) > 0
        status = pl.when(known).then(pl.lit("ok")).otherwise(pl.lit("no_evidence"))
        return evidence.pairs.select("pair_id", pl.Series("score", score), status.alias("status"))

    def parts(self, task: Task, evidence: Evidence) -> pl.DataFrame:
        """Return ``name, weight, value`` of the votes on the only pair of the evidence, the heaviest first.

        Values are standardised, so that weights can be compared. Empty where nothing was fitted.
        """
        names, weights = list(self._weights), list(self._weights.values())
        value = np.zeros(len(names))
        if self._scale is not None:
            (value,) = self._scale(_stacked(self._votes(task, evidence), names))
        found = pl.DataFrame({"name": names, "weight": weights, "value": value})
        return found.sort(-pl.col("weight"), "name")

    def _votes(self, task: Task, evidence: Evidence) -> dict[str, Floats]:
        return votes_on(
            task, evidence, TwoSteps(), unlisted_weight=self.unlisted_weight, potency=self.potency
        )


def _stacked(votes: dict[str, Floats], names: Sequence[str]) -> Floats:
    """Return (pairs, votes); a vote that a block does not have says nothing."""
    nothing = np.zeros(len(next(iter(votes.values()))))
    return np.column_stack([votes.get(name, nothing) for name in names])


def _calibrated(vote: Floats, rate: pl.Series, label: pl.Series) -> LogisticRegression:
    """Return the logistic regression of labels on the vote and the log odds of the gene's rate.

    A vote that counts against itself, which noise can make it do, does not count: no rank is turned round.
    """
    odds = log_odds(rate)
    found = LogisticRegression(C=np.inf).fit(np.column_stack([vote, odds]), label.to_numpy())
    if found.coef_[0, 0] < 0:
        # the likelihood is concave: where its best slope is below 0, the best one that is not is 0
        found = LogisticRegression(C=np.inf).fit(np.column_stack([0 * vote, odds]), label.to_numpy())
    return found
