"""What a server takes beside messages: found out at the first request, by asking without what it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Literal, get_args

from core_harness.llm import Permanent, Reply

Extra = Literal["structured", "logprobs"]
"""An enforced form of the answer, and log-probabilities."""
EXTRAS: tuple[Extra, ...] = get_args(Extra)

_NAMES: dict[Extra, re.Pattern[str]] = {
    "structured": re.compile(r"response_format|json|schema|grammar|structured|guided", re.IGNORECASE),
    "logprobs": re.compile(r"log_?prob", re.IGNORECASE),
}
_WORDS: dict[Extra, str] = {
    "structured": "an enforced form of the answer",
    "logprobs": "log-probabilities, so that scores are 1 or 0",
}
_REFUSED = re.compile(r"(?:400|415|422|501)\b")
_ABOUT_THE_PROMPT = re.compile(r"context|too (?:long|many tokens)|maximum .*length", re.IGNORECASE)


_PATIENCE = 2.0
"""Seconds that requests wait for the first: a refusal comes at once, an answer may take minutes."""


class Negotiation:
    """What one server has refused; it is left out of all later requests.

    The first request goes ahead, so that as a rule a refusal happens once; the others wait for it a moment.
    """

    def __init__(self) -> None:
        self.refused: set[Extra] = set()
        self._begun = False
        self._found = asyncio.Event()

    async def ask(self, send: Callable[[], Awaitable[Reply]], extras: frozenset[Extra]) -> Reply:
        """Return the reply to what ``send`` sends with those ``extras`` that were not refused.

        Raises what ``send`` raises where leaving out does not help.
        """
        if not extras:
            return await send()
        if self._begun:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._found.wait(), _PATIENCE)
        self._begun = True
        try:
            return await self._reply(send, extras)
        finally:
            self._found.set()

    async def _reply(self, send: Callable[[], Awaitable[Reply]], extras: frozenset[Extra]) -> Reply:
        added: set[Extra] = set()
        while True:
            sent = extras - self.refused
            try:
                reply = await send()
            except Permanent as failure:
                if (extra := _named(str(failure), sent)) is None:
                    self.refused -= added  # the request itself is at fault
                    raise
                added |= {extra} - self.refused
                self.refused.add(extra)
            else:
                for extra in sorted(added):
                    sys.stderr.write(f"the server refuses {_WORDS[extra]}; it is asked without\n")
                return reply


def _named(message: str, extras: frozenset[Extra]) -> Extra | None:
    """Return which of the extras a refusal names; one that names none may be about anything."""
    if not _REFUSED.match(message) or _ABOUT_THE_PROMPT.search(message):
        return None
    named = (extra for extra, pattern in _NAMES.items() if extra in extras and pattern.search(message))
    return next(named, None)
