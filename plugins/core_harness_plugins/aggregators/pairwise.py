"""Logistic regression on differences of a positive and a negative pair of one gene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

PAIRS_OF_A_GENE = 60
"""Pairs of a positive and a negative that are drawn of a gene in a fold, at most."""

_CUT = 4.0
"""Standard deviations from the mean at which a feature is cut."""

_ROUNDING = 1e-9
"""Spread below which that of a vote is rounding; a vote is in standard deviations of labels."""


class Scale(NamedTuple):
    """Mean and standard deviation of each feature."""

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, features: Floats) -> Scale:
        """Return the scale of (rows, features); a feature without any spread becomes 0."""
        deviation = features.std(axis=0)
        return cls(features.mean(axis=0), np.where(deviation > _ROUNDING, deviation, 1.0))

    def __call__(self, features: Floats) -> Floats:
        """Return standardised features, cut to four standard deviations."""
        return np.clip((features - self.mean) / self.deviation, -_CUT, _CUT)


class Differences(NamedTuple):
    """Pairs of rows, one positive and one negative of a gene, and their weights (mean 1)."""

    positive: Numbers
    negative: Numbers
    weight: Floats


def draw_differences(group: Numbers, label: NDArray[np.uint8], *, seed: int) -> Differences:
    """Draw pairs of a positive and a negative within each group.

    A group's pairs weigh, together, the square root of how many there are: between genes counting alike and
    pairs counting alike.

    Parameters
    ----------
    group
        Of each row, a number from 0 on: rows of one group may be compared, those of one gene in one fold.
    label
        Of each row.
    seed
        Of the draw, where a group has more than :data:`PAIRS_OF_A_GENE`.
    """
    rng = np.random.default_rng([seed, 12])
    order = np.lexsort((label, group))  # in each group the negatives first
    ends = np.cumsum(np.bincount(group))
    moved = np.bincount(group, weights=label).astype(np.int64)
    drawn = []
    for start, end, positives in zip([0, *ends[:-1]], ends, moved, strict=True):
        negative, positive = np.split(order[start:end], [end - start - positives])
        number = len(positive) * len(negative)
        if number == 0:
            continue
        every = np.arange(number)
        kept = every if number <= PAIRS_OF_A_GENE else rng.choice(number, PAIRS_OF_A_GENE, replace=False)
        weight = np.full(len(kept), np.sqrt(number) / len(kept))
        drawn.append((positive[kept // len(negative)], negative[kept % len(negative)], weight))
    if not drawn:
        return Differences(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    positive, negative, weight = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    return Differences(positive, negative, weight / weight.mean())


def fit_pairwise(
    features: Floats, differences: Differences, *, ridge: float, signed: Sequence[bool] | None = None
) -> Floats:
    """Return the weights of the features, none below 0 but those that are ``signed``.

    They minimise the mean of ``weight * log(1 + exp(-b . (x_positive - x_negative)))`` plus
    ``ridge / 2 * b . b``: what a gene's pairs have in common cancels, so how often genes respond cannot be
    learnt. Votes that say yes count for yes: signs are not learnt, because with relations drawn at random a
    sign can be.
    """
    change = features[differences.positive] - features[differences.negative]
    weight = differences.weight / max(len(change), 1)

    def loss(b: Floats) -> tuple[float, Floats]:
        margin = change @ b
        value = weight @ np.logaddexp(0.0, -margin) + ridge / 2 * (b @ b)
        return float(value), ridge * b - change.T @ (weight * expit(-margin))

    start = np.full(features.shape[1], 0.05)
    free = [False] * len(start) if signed is None else signed
    bounds = [(None if one else 0.0, None) for one in free]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B")
    weights: Floats = found.x
    return weights
