"""The moderated t-test: variances of genes are shrunk towards the trend of all genes.

As limma-trend has it (Smyth, Stat Appl Genet Mol Biol 3, 2004; Law et al., Genome Biol 15, 2014), with a
polynomial for the trend. With three samples a variance of its own is worth little to a gene.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma
from scipy.stats import t as student

Floats = NDArray[np.float64]

_DEGREE = 3
_FEWEST = 50
"""Genes from which on their variances have a trend; fewer have a mean."""


def moderated(differences: Floats, level: Floats) -> Floats:
    """Return the p-value of each gene: is the mean of its differences 0?

    Parameters
    ----------
    differences
        Shape (samples, genes), two samples or more.
    level
        The mean expression of each gene, on which variances depend.
    """
    samples = len(differences)
    own, freedom = differences.var(axis=0, ddof=1), samples - 1.0
    # a variance of 0 has no logarithm, and is an accident of few counts
    own = np.maximum(own, 1e-5 * np.median(own) + 1e-12)
    prior, prior_freedom = _prior(own, freedom, level)
    if np.isinf(prior_freedom):
        variance, freedom = prior, np.inf
    else:
        variance = (prior_freedom * prior + freedom * own) / (prior_freedom + freedom)
        freedom += prior_freedom
    statistic = differences.mean(axis=0) / np.sqrt(variance / samples)
    found: Floats = 2 * student.sf(np.abs(statistic), freedom)
    return found


def _prior(own: Floats, freedom: float, level: Floats) -> tuple[Floats, float]:
    """Return the variance that each gene should have by its level, and of how many samples that is worth."""
    logs = np.log(own) - digamma(freedom / 2) + np.log(freedom / 2)
    degree = _DEGREE if len(own) >= _FEWEST and np.ptp(level) > 0 else 0
    trend = (
        np.polynomial.Polynomial.fit(level, logs, degree)(level)
        if degree
        else np.full_like(logs, logs.mean())
    )
    spread = np.square(logs - trend).sum() / max(1, len(own) - degree - 1) - polygamma(1, freedom / 2)
    if spread <= 0:
        return np.exp(trend), np.inf
    weight = 2 * _trigamma_inverse(spread)
    return np.exp(trend + digamma(weight / 2) - np.log(weight / 2)), weight


def _trend(level: Floats, logs: Floats, degree: int) -> Floats:
    fitted: Floats = np.polynomial.Polynomial.fit(level, logs, degree)(level)
    return fitted if degree else np.full_like(logs, logs.mean())


def _trigamma_inverse(value: float) -> float:
    """Return x with trigamma(x) = value, by Newton's method on 1 / trigamma, which is nearly straight."""
    found = 0.5 + 1 / value
    for _ in range(50):
        at = float(polygamma(1, found))
        step = at * (1 - at / value) / float(polygamma(2, found))
        found += step
        if abs(step) < 1e-10 * found:
            break
    return found
