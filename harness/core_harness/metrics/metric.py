"""What a row of the catalog of metrics says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, replace
from typing import Literal, get_args

from core_harness.metrics.bootstrap import Measure, no_influence, undefined
from core_harness.metrics.pairs import Pairs

Course = Literal["higher", "lower", "descriptive"]

Direction = Course | float
"""What is better: ``higher``, ``lower``, nearer to a target (a float), or nothing (``descriptive``)."""

Need = Literal["labels", "answers", "probabilities"]
"""What a metric needs of the pairs that it rests on.

Without ``answers`` it rests on all asked pairs, otherwise on those that have a score. What needs
``probabilities`` is not defined where a score lies outside [0, 1].
"""

RANKS: frozenset[Need] = frozenset({"labels", "answers"})
LABELS_ONLY: frozenset[Need] = frozenset({"labels"})
PROBABILITIES: frozenset[Need] = frozenset({"labels", "answers", "probabilities"})

UNIT = (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Metric:
    """A metric: what it is called, what is better in it, and how it is made.

    Attributes
    ----------
    name
        Key in ``report.json`` and everywhere else.
    label
        What people read.
    group
        Title under which it is shown.
    direction
        What is better. Runs have ranks in every metric that is not ``descriptive``.
    of
        Makes the metric of answered pairs, or of all asked ones if it does not need answers.
    needs
        What it needs of the pairs.
    range
        Lowest and highest value that it can take, infinite where there is no end; intervals are cut to it.
    chance
        What scores that know nothing have where all pairs are answered; None where there is no such number.
    about_answering
        Whether it says what unanswered pairs cost. Runs are compared in it each on the pairs that it
        answered itself, otherwise on those that all of them answered.

    Raises
    ------
    ValueError
        The direction is none, or the target or the chance level lies outside the range.
    """

    name: str
    label: str
    group: str
    _: KW_ONLY
    direction: Direction
    of: Callable[[Pairs], Measure]
    needs: frozenset[Need] = RANKS
    range: tuple[float, float] = UNIT
    chance: float | None = None
    about_answering: bool = False

    def __post_init__(self) -> None:
        """Refuse a row that readers would misread."""
        if not isinstance(self.direction, float) and self.direction not in get_args(Course):
            raise ValueError(
                f"metric {self.name!r}: {self.direction!r} is no direction; say "
                f"{', '.join(map(repr, get_args(Course)))}, or a target such as 1.0"
            )
        for value in (self.direction, self.chance):
            if isinstance(value, float) and not self.range[0] <= value <= self.range[1]:
                raise ValueError(f"metric {self.name!r}: {value} lies outside its range {self.range}")

    def measure(self, asked: Pairs) -> Measure:
        """Return the metric of the pairs that a run was asked, as far as it needs no more than they have."""
        found = self.of(asked.answered if "answers" in self.needs else asked)
        if "probabilities" in self.needs and not asked.are_probabilities:
            return replace(found, of=undefined, influence=no_influence)
        return found

    def interval(self, value: float, half: float) -> tuple[float, float]:
        """Return ``value - half`` and ``value + half``, cut to the range."""
        lowest, highest = self.range
        return max(lowest, value - half), min(highest, value + half)
