"""The one retry loop: every attempt is budgeted, recorded, and paced."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace

from core_harness.llm.budget import Amount, Budget, prompt_estimate
from core_harness.llm.checked import checked
from core_harness.llm.journal import Journal
from core_harness.llm.messages import LLM, Permanent, Price, Reply, Request, Tokens, Transient
from core_harness.llm.pace import Pace
from core_harness.llm.settings import Settings

_LONGEST_BACKOFF = 30.0
_LONGEST_CAUSE = 500
_NOTHING = Tokens(0, 0)


class GaveUp(Exception):  # noqa: N818 - an outcome that is counted
    """A request failed for good; the message is the cause."""


class NotSent(Exception):  # noqa: N818 - see GaveUp
    """A request was not sent, because the run came to its end first."""


class AskedToWait(Exception):  # noqa: N818 - an end, not an error
    """The provider asks for a longer pause than is allowed; the message says who, for what, and why."""


class Asker:
    """Asks one model on behalf of many callers.

    Parameters
    ----------
    llm
        The model.
    host
        Where its requests go, for messages.
    price
        None where it is not known.
    settings, journal, budget
        Patience, record of attempts, and limits.
    redact
        Applied to all text that is kept.

    Attributes
    ----------
    calls
        Attempts sent so far.
    counted
        Tokens of them that the provider counted, those of failed attempts among them.
    """

    def __init__(
        self,
        llm: LLM,
        *,
        host: str,
        price: Price | None,
        settings: Settings,
        journal: Journal,
        budget: Budget,
        redact: Callable[[str], str],
    ) -> None:
        self._llm = llm
        self._model = str(llm.identity()["model"])
        self._host = host
        self._price = price
        self._settings = settings
        self._journal = journal
        self._budget = budget
        self._redact = redact
        self._pace = Pace(settings.concurrency, settings.requests_per_minute, settings.tokens_per_minute)
        self.calls = 0
        self.counted = _NOTHING

    @property
    def closed(self) -> bool:
        """Whether nothing is sent any more."""
        return self._pace.closed

    def close(self) -> None:
        """Send nothing any more. Attempts in flight go on to their end, none follows them."""
        self._pace.close()

    async def ask(self, key: str, request: Request) -> Reply:
        """Return the reply, which is in the journal by then.

        Raises
        ------
        GaveUp
            The cause of failure cannot pass, or has not passed within the attempts allowed.
        NotSent
            The asker was closed before the next attempt.
        Exhausted
            The budget does not pay for another attempt.
        AskedToWait
            The provider wants to be left alone for longer than is allowed.
        Permanent
            No other request can succeed either.
        """
        number = 0
        while True:
            number += 1
            try:
                return await self._attempt(key, request, number)
            except Permanent as failure:
                if failure.hopeless:
                    raise Permanent(self._cause(failure), hopeless=True) from None
                raise GaveUp(self._cause(failure)) from None
            except Transient as failure:
                cause = f"{self._cause(failure)} (attempt {number})"
                wait = max(failure.retry_after or 0.0, self._backoff(key, number))
                if failure.retry_after:
                    self._be_patient(failure.retry_after, cause)
            if self.closed or number == self._settings.attempts:
                raise GaveUp(cause)
            await self._pace.pause(wait)

    def _be_patient(self, retry_after: float, cause: str) -> None:
        """Raise :class:`AskedToWait` for a pause that, with those before it, is longer than allowed."""
        if (total := self._pace.asked_to_wait(retry_after)) > self._settings.max_wait:
            before = f", {total:,.0f} s since it last answered" if total > retry_after + 1 else ""
            raise AskedToWait(
                f"{self._host} asks to wait {retry_after:,.0f} s{before} ({cause}), and --max-wait is "
                f"{self._settings.max_wait:,g} s"
            )

    async def _attempt(self, key: str, request: Request, number: int) -> Reply:
        bound = self._llm.upper_bound(request)
        reserved = self._budget.bound(bound)
        expected = prompt_estimate(request)
        async with self._pace.slots:
            await self._pace.wait(expected)
            await self._budget.reserve(reserved)
            if self.closed:
                self._budget.settle(reserved, Amount())
                raise NotSent
            self.calls += 1
            sent = asyncio.get_running_loop().time()
            attempt = self._journal.begin(key, number, bound, reserved.cost)
            try:
                reply = await self._send(request)
            except BaseException as failure:
                used = self._charged(failure, bound)
                self.counted += getattr(failure, "tokens", None) or _NOTHING
                if isinstance(failure, Transient) and failure.turned_away:
                    self._pace.turned_away(sent, failure.retry_after)
                self._journal.failed(attempt, self._cause(failure), used, self._cost(used))
                self._budget.settle(reserved, Amount(1, used.total, self._cost(used)))
                raise
            used = reply.tokens or bound
            self.counted += reply.tokens or _NOTHING
            cost = self._cost(used) if self._price is not None else reply.cost
            reply = self._fit_to_keep(replace(reply, cost=cost))
            self._pace.answered(expected, used.total)
            self._journal.answered(attempt, key, reply, model=self._model, used=used)
            self._budget.settle(reserved, Amount(1, used.total, cost))
            return reply

    async def _send(self, request: Request) -> Reply:
        try:
            async with asyncio.timeout(self._settings.timeout):
                return checked(await self._llm.ask(request))
        except TimeoutError:
            raise Transient(f"no reply within {self._settings.timeout:g} s") from None

    def _fit_to_keep(self, reply: Reply) -> Reply:
        """Return a reply without secrets, and without half characters, which no file can hold."""
        text = self._redact(reply.text.encode("utf-8", "replace").decode())
        model = self._redact(reply.model.encode("utf-8", "replace").decode())
        # the places of log-probabilities count characters
        logprobs = reply.logprobs if len(text) == len(reply.text) else None
        return replace(reply, text=text, model=model, logprobs=logprobs)

    def _charged(self, failure: BaseException, bound: Tokens) -> Tokens:
        """Return what a failed attempt may have cost.

        Nothing if it was refused, what the provider counted if it did, else the reserved amount.
        """
        if isinstance(failure, Permanent):
            return _NOTHING
        if isinstance(failure, Transient):
            return _NOTHING if failure.turned_away else failure.tokens or bound
        return bound

    def _cost(self, used: Tokens) -> float | None:
        return None if self._price is None else self._price.cost(used)

    def _cause(self, failure: BaseException) -> str:
        if isinstance(failure, asyncio.CancelledError | KeyboardInterrupt):
            return "interrupted"
        known = isinstance(failure, Transient | Permanent)
        text = " ".join(str(failure).split())[:_LONGEST_CAUSE]
        return self._redact(text if known else f"{type(failure).__name__}: {text}")

    def _backoff(self, key: str, number: int) -> float:
        """Return seconds to wait: doubled each time, and spread so that failures do not return together.

        The spread comes from the key, so that a run is repeatable.
        """
        longest = min(self._settings.backoff * 2.0 ** (number - 1), _LONGEST_BACKOFF)
        spread = hashlib.sha256(f"{key} {number}".encode()).digest()[0] / 255
        return longest * (0.5 + 0.5 * spread)
