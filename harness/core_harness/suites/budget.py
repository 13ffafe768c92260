"""One budget for all cells: what their runs have spent, and what that leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

from core_harness.llm import Journal, Price, Settings
from core_harness.llm.budget import Amount
from core_harness.runs.folder import Run
from core_harness.vocabulary import LIMITS


def spent_by(run: Run | None, price: Price | None) -> Amount:
    """Return what a run has spent since it began, by its journal; nothing where it asked no model.

    ``price`` is used in place of what was known when it was sent. Raises :class:`RunError`.
    """
    if run is None or run.journal is None:
        return Amount()
    with Journal(run.journal, untrusted=True) as journal:
        spent = journal.spent(price)
    return replace(spent, cost=spent.cost or 0.0)


def left_of(settings: Settings, spent: Iterable[Amount]) -> Settings:
    """Return the settings with what is left of their limits."""
    used = reduce(Amount.plus, spent, Amount())
    limits = {name: getattr(settings, name) for name in LIMITS}
    left = {
        name: max(0, limit - (getattr(used, name.removeprefix("max_")) or 0))
        for name, limit in limits.items()
        if limit is not None
    }
    return replace(settings, **left)


def used_up(left: Settings) -> str | None:
    """Return the option whose limit leaves nothing; None where there is none."""
    gone = (name for name in LIMITS if getattr(left, name) == 0)
    return next((f"--{name.replace('_', '-')}" for name in gone), None)
