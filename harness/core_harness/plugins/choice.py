"""Which plugins are imported: all that are installed, unless the environment or an option says otherwise."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from core_harness.errors import UsageError, unknown
from core_harness.plugins.names import BUILT_IN, normal

VARIABLE = "CORE_HARNESS_PLUGINS"
"""Environment variable: the distributions whose plugins are imported, separated by commas; unset: all."""

ALL = "all"
"""In place of a distribution that is left out: every one but the built-in."""


@dataclass(frozen=True, eq=False)  # what was loaded for one choice is not there for the next
class Choice:
    """Files that are loaded as plugins, and distributions that are left out."""

    files: tuple[Path, ...] = ()
    without: frozenset[str] = frozenset()


_USUAL = Choice()
_chosen: ContextVar[Choice | None] = ContextVar("plugins", default=None)


@contextmanager
def choosing(files: Sequence[Path] = (), without: Collection[str] = ()) -> Iterator[None]:
    """Load these files as plugins, and leave these distributions out, as long as the context lasts."""
    chosen = Choice(tuple(files), frozenset(map(normal, without))) if files or without else _USUAL
    token = _chosen.set(chosen)
    try:
        yield
    finally:
        _chosen.reset(token)


def choice() -> Choice:
    """Return what was chosen by options."""
    return _chosen.get() or _USUAL


def admitted(distributions: Collection[str]) -> set[str]:
    """Return the distributions whose plugins may be imported; the built-in is always one.

    Raises :class:`~core_harness.errors.UsageError` where one is to be left out that is not there.
    """
    without = choice().without
    if missing := without - {ALL, *map(normal, distributions)}:
        raise UsageError(unknown("distribution", min(missing), {ALL, *distributions} - {BUILT_IN}))
    listed = os.environ.get(VARIABLE)
    allowed = None if listed is None else {normal(name.strip()) for name in listed.split(",")}
    return {
        name
        for name in distributions
        if name == BUILT_IN
        or (not without & {ALL, normal(name)} and (allowed is None or normal(name) in allowed))
    }
