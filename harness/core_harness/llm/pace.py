"""Pace of requests: evenly spaced, and as many in flight as the provider accepts."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_FIRST = 8
"""Requests in flight at the start, where nothing was set."""
_MOST = 128
"""Requests in flight at most, where nothing was set."""


class Bucket:
    """Spaces amounts out evenly: each waits until those before it have been paid for.

    A bucket that starts full would let a burst through on top of the rate, which providers count.
    """

    def __init__(self, per_minute: float) -> None:
        self._seconds_each = 60.0 / per_minute
        self._paid_at = float("-inf")

    def take(self, amount: float, now: float) -> float:
        """Take ``amount`` at time ``now`` and return the seconds to wait before using it."""
        start = max(self._paid_at, now)
        self._paid_at = start + amount * self._seconds_each
        return start - now

    def give_back(self, amount: float) -> None:
        """Return what was taken and not used; a negative amount takes what was used beyond."""
        self._paid_at -= amount * self._seconds_each


class Slots:
    """A semaphore whose size follows the provider.

    A set size stays. Otherwise it grows by one with each answer (so it doubles in each round) until the
    provider first turns a request away, is halved then, and grows by one a round from there: slow start
    and additive increase, multiplicative decrease, as in TCP (RFC 5681).
    """

    def __init__(self, fixed: int | None) -> None:
        self._size = float(fixed or _FIRST)
        self._adaptive = fixed is None
        self._threshold = float(_MOST)
        self._cut_at = float("-inf")
        self._taken = 0
        self._change = asyncio.Condition()

    @property
    def size(self) -> int:
        """How many may be taken at a time, now."""
        return int(self._size)

    async def __aenter__(self) -> None:
        async with self._change:
            await self._change.wait_for(lambda: self._taken < self.size)
            self._taken += 1

    async def __aexit__(self, *_: object) -> None:
        self._taken -= 1
        async with self._change:
            self._change.notify(max(self.size - self._taken, 0))

    def answered(self) -> None:
        """Note that the provider kept up. Called while a slot is held, whose return lets others in."""
        if self._adaptive:
            step = 1.0 if self._size < self._threshold else 1.0 / self._size
            self._size = min(self._size + step, _MOST)

    def turned_away(self, sent: float, now: float) -> None:
        """Note that a request sent at time ``sent`` was refused. One cut answers for a whole round."""
        if self._adaptive and sent > self._cut_at:
            self._cut_at = now
            self._size = self._threshold = max(self._size / 2, 1.0)


class Pace:
    """All that delays a request to one provider: slots, buckets, and the pauses that it asks for."""

    def __init__(
        self, concurrency: int | None, requests_per_minute: float | None, tokens_per_minute: float | None
    ) -> None:
        self.slots = Slots(concurrency)
        self._requests = Bucket(requests_per_minute) if requests_per_minute else None
        self._tokens = Bucket(tokens_per_minute) if tokens_per_minute else None
        self._silent_until = float("-inf")
        self._asked_to_wait_since: float | None = None
        self._closed = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether nothing is sent any more."""
        return self._closed.is_set()

    def close(self) -> None:
        """End all pauses; none follows them."""
        self._closed.set()

    async def pause(self, seconds: float) -> None:
        """Wait for so many seconds, or until closed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), seconds)

    async def wait(self, tokens: float) -> None:
        """Wait until a request of about so many tokens may be sent, or until closed."""
        now = _now()
        delay = max(
            self._requests.take(1, now) if self._requests else 0.0,
            self._tokens.take(tokens, now) if self._tokens else 0.0,
        )
        go = now + delay
        while (left := max(go, self._silent_until) - _now()) > 0 and not self.closed:
            await self.pause(left)

    def answered(self, expected: float, used: float) -> None:
        """Note an answer, and how many tokens it took in place of those expected."""
        self.slots.answered()
        self._asked_to_wait_since = None
        if self._tokens:
            self._tokens.give_back(expected - used)

    def turned_away(self, sent: float, retry_after: float | None) -> None:
        """Note that a request sent at ``sent`` was refused; none is sent for ``retry_after`` seconds."""
        now = _now()
        self.slots.turned_away(sent, now)
        if retry_after:
            self._silent_until = max(self._silent_until, now + retry_after)

    def asked_to_wait(self, retry_after: float) -> float:
        """Note that the provider asks for a pause.

        Returns how long all its pauses have been by the end of this one, since it last answered, in seconds:
        one that asks for a minute again and again is never heard otherwise.
        """
        now = _now()
        if self._asked_to_wait_since is None:
            self._asked_to_wait_since = now
        return now + retry_after - self._asked_to_wait_since


def _now() -> float:
    return asyncio.get_running_loop().time()
