"""Spending within limits: an upper bound is reserved before a request is sent, and settled after."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from core_harness.errors import UsageError
from core_harness.llm.messages import Price, Request, Tokens
from core_harness.llm.settings import Settings

_CHAT_OVERHEAD = 64
"""Tokens that a chat template may put around a chat, beyond those around each message."""
_MESSAGE_OVERHEAD = 16
"""Tokens that a chat template may put around a message."""
_BYTES_A_TOKEN = 4
"""Of English text, roughly; an estimate, never used for a bound."""


def prompt_bound(request: Request, *, extra: str = "") -> int:
    """Return the most tokens that the prompt can have: a token stands for at least one byte of UTF-8.

    ``extra`` is what is sent with the messages, e.g. a JSON schema.
    """
    sent = _bytes(request) + len(extra.encode())
    return sent + _CHAT_OVERHEAD + _MESSAGE_OVERHEAD * len(request.messages)


def prompt_estimate(request: Request) -> int:
    """Return how many tokens the prompt is likely to have, at four bytes each."""
    return _bytes(request) // _BYTES_A_TOKEN + 1


class Exhausted(Exception):  # noqa: N818 - an end, not an error
    """What is left of the budget does not pay for another request; the message names the limit."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What calls cost: attempts sent, tokens, US dollars (None where no price is known)."""

    calls: int = 0
    tokens: int = 0
    cost: float | None = 0.0

    def plus(self, other: Amount, sign: int = 1) -> Amount:
        """Return the sum, or the difference for ``sign=-1``; an unknown cost makes an unknown sum."""
        cost = None if self.cost is None or other.cost is None else self.cost + sign * other.cost
        return Amount(self.calls + sign * other.calls, self.tokens + sign * other.tokens, cost)


class Budget:
    """The limits of a run, what it has spent, and what the calls in flight may still spend.

    Parameters
    ----------
    settings
        ``max_calls``, ``max_tokens``, ``max_cost``.
    price
        None where it is not known. Raises :class:`UsageError` if a cost is limited then.
    spent
        By the same run before it was interrupted.
    """

    def __init__(self, settings: Settings, price: Price | None, spent: Amount) -> None:
        if settings.max_cost is not None and price is None:
            raise UsageError(
                "the cost cannot be limited, for the price of this model is not known; give it "
                "(--price PROMPT,COMPLETION), or limit calls or tokens (--max-calls, --max-tokens)"
            )
        self._price = price
        self._limits = {
            "calls": settings.max_calls,
            "tokens": settings.max_tokens,
            "cost": settings.max_cost,
        }
        self._spent = spent
        self._open = 0
        self._settled = asyncio.Event()

    def bound(self, tokens: Tokens) -> Amount:
        """Return what one call of at most ``tokens`` costs at most."""
        return Amount(1, tokens.total, None if self._price is None else self._price.cost(tokens))

    async def reserve(self, amount: Amount) -> None:
        """Take ``amount`` out of the budget. Waits for calls in flight to give back what they did not use.

        Raises :class:`Exhausted` if it does not fit and none is in flight.
        """
        while limit := self._passed_by(amount):
            if not self._open:
                raise Exhausted(limit)
            self._settled.clear()
            await self._settled.wait()
        self._spent = self._spent.plus(amount)
        self._open += 1

    def settle(self, reserved: Amount, used: Amount) -> None:
        """Book what a call used in place of what was reserved for it."""
        self._spent = self._spent.plus(reserved, -1).plus(used)
        self._open -= 1
        self._settled.set()

    def _passed_by(self, amount: Amount) -> str | None:
        after = self._spent.plus(amount)
        for name, limit in self._limits.items():
            total = getattr(after, name)
            # the cost of a run is a sum of floats; a billionth of it is no money
            if limit is not None and total > limit * (1 + 1e-9):
                return f"max {name} {limit:g} is used up"
        return None


def _bytes(request: Request) -> int:
    return sum(len(message.content.encode("utf-8", "surrogatepass")) for message in request.messages)
