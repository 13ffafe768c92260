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
"""Genes from which on their variances have a trend."""


def moderated(differences: Floats, level: Floats) -> Floats:
    """Return the p-value of each gene: is the mean of its differences 0?

    Fewer than 50 genes have no trend, and their variances stay as they are.

    Parameters
    ----------
    differences
        Shape (samples, genes), two samples or more.
    level
        The mean expression of each gene, on which variances depend.
    """
    samples = len(differences)
    variance, freedom = differences.var(axis=0, ddof=1), samples - 1.0
    # a variance of 0 has no logarithm, and is an accident of few counts
    variance = np.maximum(variance, 1e-5 * np.median(variance) + 1e-12)
    if len(level) >= _FEWEST:
        variance, freedom = _shrunk(variance, freedom, level)
    statistic = differences.mean(axis=0) / np.sqrt(variance / samples)
    found: Floats = 2 * student.sf(np.abs(statistic), freedom)
    return found


def _shrunk(variance: Floats, freedom: float, level: Floats) -> tuple[Floats, float]:
    """Return variances with the trend mixed in, by what it is worth, and their degrees of freedom."""
    logs = np.log(variance) - digamma(freedom / 2) + np.log(freedom / 2)
    trend: Floats = np.polynomial.Polynomial.fit(level, logs, _DEGREE)(level)
    spread = np.square(logs - trend).sum() / (len(logs) - _DEGREE - 1) - polygamma(1, freedom / 2)
    if spread <= 0:
        return np.exp(trend), np.inf
    worth = 2 * _trigamma_inverse(float(spread))
    prior = np.exp(trend + digamma(worth / 2) - np.log(worth / 2))
    return (worth * prior + freedom * variance) / (worth + freedom), worth + freedom


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
