"""What a server takes beside messages: found out at the first request, by asking without what it refuses."""

from __future__ import annotations

import asyncio
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


class Negotiation:
    """What one server has refused; it is left out of all later requests.

    Until the first answer has come, requests wait for each other, so that a refusal happens once.
    """

    def __init__(self) -> None:
        self.refused: set[Extra] = set()
        self._settled = False
        self._first = asyncio.Lock()

    async def ask(self, send: Callable[[], Awaitable[Reply]], extras: frozenset[Extra]) -> Reply:
        """Return the reply to what ``send`` sends with those ``extras`` that were not refused.

        Raises what ``send`` raises where leaving out does not help.
        """
        if self._settled or not extras:
            return await send()
        async with self._first:
            reply = await self._first_reply(send, extras)
            self._settled = True
            return reply

    async def _first_reply(self, send: Callable[[], Awaitable[Reply]], extras: frozenset[Extra]) -> Reply:
        known = set(self.refused)
        while True:
            try:
                reply = await send()
            except Permanent as failure:
                if (extra := _named(str(failure), extras - self.refused)) is None:
                    self.refused = known  # the request itself is at fault
                    raise
                self.refused.add(extra)
            else:
                for extra in sorted(self.refused - known):
                    sys.stderr.write(f"the server refuses {_WORDS[extra]}; it is asked without\n")
                return reply


def _named(message: str, extras: frozenset[Extra]) -> Extra | None:
    """Return which of the extras a refusal names; one that names none may be about anything."""
    if not _REFUSED.match(message) or _ABOUT_THE_PROMPT.search(message):
        return None
    named = (extra for extra, pattern in _NAMES.items() if extra in extras and pattern.search(message))
    return next(named, None)
