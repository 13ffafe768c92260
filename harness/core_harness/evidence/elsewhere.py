"""Who responded like a query's perturbation in other contexts, where it was measured itself."""

from __future__ import annotations

import numpy as np
import polars as pl

from core_harness.evidence.placing import divide, shares, unit_rows
from core_harness.evidence.related import Floats
from core_harness.evidence.responses import Responses, responses_of
from core_harness.vocabulary import Question


def alike_elsewhere(
    support: pl.DataFrame,
    own: Responses,
    perturbations: pl.Series,
    *,
    context: str,
    question: Question,
    factors: int,
    power: float,
) -> Floats:
    """Return (queries, units of ``own``): shares of those that responded alike in other contexts.

    In each other context, units are weighed by the cosine of their profile there with that of the query's
    perturbation there, to a power. Contexts are averaged by their worth (:func:`worth`), among those in
    which the perturbation was measured. Rows sum to 1, or to 0 where it was measured nowhere else.

    Parameters
    ----------
    support
        Frame of :data:`~core_harness.schemas.SUPPORT`, of all contexts.
    own
        Profiles in the queries' context: its units may speak.
    perturbations
        Names of the queries' perturbations.
    context
        That of the queries.
    question, factors
        As for :func:`~core_harness.evidence.responses.responses_of`.
    power
        Of a cosine; one below 0 counts as 0.
    """
    names = own.units["perturbation"]
    total = np.zeros((len(perturbations), own.units.height))
    worths = np.zeros((len(perturbations), 1))
    elsewhere = support.filter(pl.col("context") != context).sort("context")
    if elsewhere.is_empty():
        return total
    within = np.clip(_cosines(own, names, names), 0.0, None) ** power
    for _, rows in elsewhere.group_by("context", maintain_order=True):
        there = responses_of(rows, question, factors=factors)
        weight = worth(within, np.clip(_cosines(there, names, names), 0.0, None) ** power)
        alike = np.clip(_cosines(there, perturbations, names), 0.0, None) ** power
        alike[perturbations.to_numpy()[:, None] == names.to_numpy()[None, :]] = 0.0
        found = shares(alike)
        total += weight * found
        worths += weight * found.any(axis=1, keepdims=True)
    return divide(total, worths)


def worth(within: Floats, there: Floats) -> float:
    """Return how far alikeness elsewhere tells alikeness in the own context: their correlation, at least 0.

    Parameters
    ----------
    within, there
        (units, units): alikeness of each two units, in either context. Rows and columns without any, of units
        that were not measured there, do not count.
    """
    both = there.any(axis=1)
    pairs = np.triu_indices(int(both.sum()), k=1)
    one, other = (values[np.ix_(both, both)][pairs] for values in (within, there))
    if len(one) < 2 or one.std() == 0 or other.std() == 0:
        return 0.0
    return max(0.0, float(np.corrcoef(one, other)[0, 1]))


def _cosines(of: Responses, left: pl.Series, right: pl.Series) -> Floats:
    """Return cosines of the profiles of two lists of names, 0 where a name was not measured."""
    unit = np.vstack([unit_rows(of.profiles), np.zeros(of.profiles.shape[1])])  # the last: not measured
    rows = {name: at for at, name in enumerate(of.units["perturbation"])}
    one, other = (unit[[rows.get(name, -1) for name in names]] for names in (left, right))
    cosines: Floats = one @ other.T
    return cosines
