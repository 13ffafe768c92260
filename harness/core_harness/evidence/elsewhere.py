"""Who responded like a query's perturbation in other contexts, where it was measured itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from core_harness.evidence.placing import divide, shares, unit_rows
from core_harness.evidence.related import Floats
from core_harness.evidence.responses import Responses, responses_of
from core_harness.vocabulary import Question


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """What another context says of the queries' perturbations.

    Attributes
    ----------
    responses
        Profiles there.
    alike
        (queries, units there): cosines of a unit's profile with that of the query's perturbation, to a power.
        0 for the perturbation itself, and where it was not measured there.
    worth
        How far alikeness there tells alikeness in the own context (:func:`worth`).
    """

    responses: Responses
    alike: Floats
    worth: float

    @property
    def measured(self) -> Floats:
        """(queries, 1): 1 where some unit responded alike there, else 0."""
        return np.where(np.any(self.alike, axis=1, keepdims=True), 1.0, 0.0)


def elsewhere_of(
    support: pl.DataFrame,
    own: Responses,
    perturbations: pl.Series,
    *,
    context: str,
    question: Question,
    factors: int,
    power: float,
) -> Iterator[Elsewhere]:
    """Yield what each other context says of the queries' perturbations, in the order of their names.

    Parameters
    ----------
    support
        Frame of :data:`~core_harness.schemas.SUPPORT`, of all contexts.
    own
        Profiles in the queries' context.
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
    others = support.filter(pl.col("context") != context).sort("context")
    within = _alike(own, names, names, power) if others.height else None
    for _, rows in others.group_by("context", maintain_order=True):
        there = responses_of(rows, question, factors=factors)
        units = there.units["perturbation"]
        alike = _alike(there, perturbations, units, power)
        alike[perturbations.to_numpy()[:, None] == units.to_numpy()[None, :]] = 0.0
        known = 0.0 if within is None else worth(within, _alike(there, names, names, power))
        yield Elsewhere(responses=there, alike=alike, worth=known)


def alike_elsewhere(others: Sequence[Elsewhere], own: Responses, queries: int) -> Floats:
    """Return (queries, units of ``own``): shares of those that responded alike in other contexts.

    Contexts are averaged by their worth, among those in which the query's perturbation was measured. Rows
    sum to 1, or to 0 where it was measured nowhere else.
    """
    names = own.units["perturbation"]
    total, worths = np.zeros((queries, len(names))), np.zeros((queries, 1))
    for other in others:
        found = shares(_columns(other.alike, other.responses, names))
        total += other.worth * found
        worths += other.worth * np.any(found, axis=1, keepdims=True)
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


def _alike(of: Responses, left: pl.Series, right: pl.Series, power: float) -> Floats:
    """Return cosines of the profiles of two lists of names, to a power; 0 where a name was not measured."""
    unit = unit_rows(of.profiles).T
    one, other = (_columns(unit, of, names) for names in (left, right))
    cosines: Floats = np.clip(one.T @ other, 0.0, None) ** power
    return cosines


def _columns(values: Floats, of: Responses, names: pl.Series) -> Floats:
    """Return the columns of named units, zeros for a name that was not measured."""
    rows = {name: at for at, name in enumerate(of.units["perturbation"])}
    at = np.array([rows.get(name, -1) for name in names], dtype=np.int64)
    return np.hstack([values, np.zeros((len(values), 1))])[:, at]
