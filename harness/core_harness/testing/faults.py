"""Faults of providers on demand, each chosen by the content of the request and the number of the attempt."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from core_harness.errors import UsageError, unknown
from core_harness.vocabulary import Fault

FAULTS: Final[Mapping[Fault, str]] = {
    "429": "too many requests, with Retry-After",
    "500": "an error of the server",
    "502-html": "a proxy's error page",
    "truncated": "half of the JSON, and no more",
    "reset": "the connection is reset",
    "redirect": "the address of another server",
    "hang": "nothing, for as long as the client waits",
    "empty": "an answer without content",
    "no-choices": "an answer without choices",
    "bad-structure": "JSON that does not fit the form asked for",
    "cut-off": "half of the answer, stopped by max_tokens",
    "400": "bad request",
    "401": "bad key; the key is quoted",
    "404": "no such model",
}
"""The faults. 400, 401, 404 and redirect do not pass when the request is repeated."""

SPARED: Final[frozenset[Fault]] = frozenset({"429", "500", "502-html", "redirect", "400", "401", "404"})
"""Faults in which no token is generated."""


def check_faults(shares: Mapping[str, float]) -> None:
    """Raise :class:`UsageError` for an unknown fault, or shares outside [0, 1] or above 1 in total."""
    for name, share in shares.items():
        if name not in FAULTS:
            raise UsageError(unknown("fault", name, FAULTS))
        if not 0 <= share <= 1:
            raise UsageError(f"fault {name} has share {share}; it must be from 0 to 1")
    if (total := sum(shares.values())) > 1 + 1e-9:
        raise UsageError(f"the shares of faults add up to {total:g}, which is more than 1")


def chosen_fault(shares: Mapping[str, float], content: bytes, attempt: int) -> str | None:
    """Return the fault of this attempt at a request of this content, or None.

    Faults that pass are drawn anew for each attempt, so the same run meets the same ones in any order.
    """
    digest = hashlib.sha256(content + attempt.to_bytes(4, "big")).digest()
    draw = int.from_bytes(digest[:8], "big") / 2**64
    for name in sorted(shares):
        draw -= shares[name]
        if draw < 0:
            return name
    return None
