"""Names of components and strategies: what they may be, and which one of several a name means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from core_harness.errors import UsageError
from core_harness.text import one_line, plain

BUILT_IN = "core-harness"
"""The distribution whose names win."""

LONGEST = 60
"""Characters of a name, and of a summary as far as it is shown: a line of a terminal holds both."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")


class Registered(Protocol):
    """What a distribution registered under a name."""

    @property
    def name(self) -> str:
        """The name, without the distribution."""
        ...

    @property
    def distribution(self) -> str:
        """The distribution that brought it."""
        ...


R = TypeVar("R", bound=Registered)


def check_name(kind: str, name: object) -> None:
    """Raise ValueError for a name that a plugin may not register: a path, markup, another alphabet."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise ValueError(
            f"{kind} {plain(repr(name))[:LONGEST]} is no name: lower-case letters, digits and . _ - only, "
            f"{LONGEST} characters at most"
        )


def shortened(summary: str) -> str:
    """Return a summary on one line, without characters that control, cut where it is too long."""
    line = one_line(summary)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


def full_name(one: Registered) -> str:
    """Return ``name@distribution``, which means this one only."""
    return f"{one.name}@{one.distribution}"


def meant(kind: str, name: str, registered: Iterable[R]) -> R | None:
    """Return what a name means, or None: with ``@distribution`` that one, else the built-in or the only one.

    Raises :class:`UsageError` for a bare name that several distributions registered.
    """
    bare, at, distribution = name.partition("@")
    known = [one for one in registered if one.name == bare]
    if at:
        wanted = normal(distribution)
        return next((one for one in known if normal(one.distribution) == wanted), None)
    if built_in := [one for one in known if one.distribution == BUILT_IN]:
        return built_in[0]
    if len(known) > 1:
        choices = " or ".join(sorted(map(full_name, known)))
        raise UsageError(f"several plugins register {kind} {name!r}; write {choices}")
    return known[0] if known else None


def spelt(kind: str, name: str, registered: Iterable[Registered]) -> str:
    """Return a name with its distribution spelt as that calls itself; any other name as it is.

    What follows a colon is no part of the name: ``coin@Dup_B:FILE``.
    """
    component, colon, rest = name.partition(":")
    one = meant(kind, component, registered) if "@" in component else None
    return name if one is None else f"{full_name(one)}{colon}{rest}"


def short_names(registered: Sequence[R], taken: Iterable[str] = ()) -> dict[str, R]:
    """Return all by the shortest name that means them; ``taken`` names mean something else."""
    taken = set(taken)
    bare = [one.name for one in registered]
    built_in = {one.name for one in registered if one.distribution == BUILT_IN}
    return {
        one.name
        if one.name not in taken
        and (one.distribution == BUILT_IN or (one.name not in built_in and bare.count(one.name) == 1))
        else full_name(one): one
        for one in registered
    }


def normal(distribution: str) -> str:
    """Return a distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
