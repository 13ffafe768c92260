"""What each perturbation adds to a metric, to first order: one pass over the pairs in place of a thousand.

The influence of a cluster is the derivative of a metric in the cluster's weight, where all weights are 1 (the
infinitesimal jackknife: Efron, Journal of the Royal Statistical Society B 54, 1992). A metric does not change
when all weights grow alike, so influences sum to 0, and the squares of all of them to the variance of the
metric. Metrics of ranks are functions of how many positives and negatives each tie has; their derivatives in
these numbers are :class:`Slopes`.

A gene with one positive has no influence through it: a positive is only compared with the mean of itself. So
this holds where genes have many pairs of either label (:func:`is_dense`), and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core_harness.metrics.bootstrap import Statistic
from core_harness.metrics.ranking import OfSegments, average_precision, macro_auroc, weighted_auroc
from core_harness.metrics.segments import PERTURBATION, Floats, Segments
from core_harness.metrics.sums import quotient

MANY = 10
"""Pairs of a segment's rarer label, in the mean of :func:`is_dense`, from which influences hold.

Chosen on simulated worlds (``benchmarks/dense.py``).
"""


class Slopes(NamedTuple):
    """Derivatives of a metric in the number of positives, and of negatives, of each tie: shape (ties,)."""

    positive: Floats
    negative: Floats


@dataclass(frozen=True, eq=False)
class Smooth:
    """A statistic of which the influence of each cluster is known.

    Attributes
    ----------
    of
        The statistic.
    influence
        Returns shape (clusters,), computed when asked for; None where it does not hold.
    """

    of: Statistic
    influence: Callable[[], Floats | None]

    def __call__(self, weights: Floats) -> Floats:
        """Return the value in each resample."""
        return self.of(weights)


def of_segments(of: OfSegments, by: tuple[str, ...], segments: Segments) -> Floats | None:
    """Return the influence of each cluster on a ranking metric; None where it does not hold, or is not known.

    ``by`` are the columns of the segments.
    """
    if of is macro_auroc and by == PERTURBATION:  # drawn whole, however few pairs there are of either label
        return of_slopes(segments, drawn_slopes(segments))
    if of not in SLOPES or not is_dense(segments):
        return None
    return of_slopes(segments, SLOPES[of](segments))


def of_slopes(segments: Segments, slopes: Slopes) -> Floats:
    """Return the influence of each cluster, shape (clusters,), from the slopes of its pairs."""
    found: Floats = slopes.positive @ segments.positive + slopes.negative @ segments.negative
    return found


def is_dense(segments: Segments) -> bool:
    """Return whether the segments with both labels have, in the mean, :data:`MANY` pairs of the rarer one.

    With n of them a segment adds about 1 / n to the variance, of which influences miss one part in n. So the
    mean is that of n weighed by 1 / n², and one over it is the share of the whole variance that is missed.
    """
    rarer = np.minimum(*(segments.members @ side for side in segments.counts))
    each = 1 / rarer[rarer > 0]
    return bool(len(each)) and each.sum() / (each**2).sum() >= MANY


def macro_slopes(segments: Segments) -> Slopes:
    """Return the slopes of :func:`~core_harness.metrics.ranking.macro_auroc`."""
    placed = _placed(segments)
    contrasts = placed.positives * placed.negatives
    each = quotient(1 / (contrasts > 0).sum(), contrasts)
    auroc = quotient(placed.wins, contrasts)
    return Slopes(
        _scaled(placed.below, each, auroc * placed.negatives, segments),
        _scaled(placed.above, each, auroc * placed.positives, segments),
    )


def drawn_slopes(segments: Segments) -> Slopes:
    """Return the slopes of the mean AUROC over segments that are drawn, as often as each is drawn."""
    placed = _placed(segments)
    contrasts = placed.positives * placed.negatives
    defined = contrasts > 0
    auroc = quotient(placed.wins, contrasts)
    away = np.where(defined, auroc - auroc.sum() / defined.sum(), 0.0) / defined.sum()
    each = _spread(away / (placed.positives + placed.negatives), segments)
    return Slopes(each, each)


def weighted_slopes(segments: Segments) -> Slopes:
    """Return the slopes of :func:`~core_harness.metrics.ranking.weighted_auroc`."""
    placed = _placed(segments)
    contrasts = (placed.positives * placed.negatives).sum()
    each = np.full_like(placed.wins, 1 / contrasts)
    auroc = placed.wins.sum() / contrasts
    return Slopes(
        _scaled(placed.below, each, auroc * placed.negatives, segments),
        _scaled(placed.above, each, auroc * placed.positives, segments),
    )


def share_slopes(segments: Segments, *, counts_negatives: bool) -> Slopes:
    """Return the slopes of the mean of the share of positives among the pairs so far, highest scores first.

    The mean is over positives, as in :func:`~core_harness.metrics.ranking.average_precision`, or over all
    pairs, as in :func:`~core_harness.metrics.abstention.risk_coverage_area`.
    """
    positive, negative = (side[::-1] for side in segments.counts)
    counted = positive + negative if counts_negatives else positive
    found = np.cumsum(positive)
    taken = found + np.cumsum(negative)
    share, later = quotient(found, taken), quotient(counted, taken)
    own = share - (counted @ share) / counted.sum()
    gained = np.cumsum((later * (1 - share))[::-1])
    lost = np.cumsum((later * share)[::-1])
    own = own[::-1]
    return Slopes((own + gained) / counted.sum(), ((own if counts_negatives else 0.0) - lost) / counted.sum())


def _precision_slopes(segments: Segments) -> Slopes:
    return share_slopes(segments, counts_negatives=False)


SLOPES: Mapping[OfSegments, Callable[[Segments], Slopes]] = {
    macro_auroc: macro_slopes,
    weighted_auroc: weighted_slopes,
    average_precision: _precision_slopes,
}
"""The slopes of ranking metrics; others are resampled, whatever the data."""


class _Placed(NamedTuple):
    """Negatives below and positives above each tie, half of its own among them, and sums by segment."""

    below: Floats
    above: Floats
    wins: Floats
    positives: Floats
    negatives: Floats


def _placed(segments: Segments) -> _Placed:
    positive, negative = segments.counts
    positives, negatives = segments.members @ positive, segments.members @ negative
    # sums over all ties, less those of earlier segments
    below = np.cumsum(negative) - negative / 2 - _spread(np.cumsum(negatives) - negatives, segments)
    above = _spread(np.cumsum(positives), segments) - np.cumsum(positive) + positive / 2
    return _Placed(below, above, segments.members @ (positive * below), positives, negatives)


def _scaled(ties: Floats, each: Floats, mean: Floats, segments: Segments) -> Floats:
    """Return ``each * (ties - mean)``; the factors and the means are one a segment."""
    ties = ties - _spread(mean, segments)
    ties *= _spread(each, segments)
    return ties


def _spread(values: Floats, segments: Segments) -> Floats:
    """Return values of segments at each of their ties."""
    ties: NDArray[np.intp] = np.diff(segments.members.indptr)
    return np.repeat(values, ties)
