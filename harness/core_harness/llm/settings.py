"""Settings of asking: pace, patience and limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from core_harness.errors import UsageError
from core_harness.llm.messages import Price


@dataclass(frozen=True, kw_only=True)
class Settings:
    """None of these changes an answer, so none is part of a reply's key.

    Attributes
    ----------
    concurrency
        Requests in flight; None adapts: few at first, more while the provider keeps up, fewer when it
        refuses requests.
    requests_per_minute, tokens_per_minute
        The provider's limits; None where there are none. Requests are spaced evenly, not in bursts.
    attempts
        How often a request is sent at most, when the cause of failure may pass.
    backoff
        Seconds before the second attempt; doubled for each further one, up to half a minute.
    timeout
        Seconds that an attempt may take, from the first byte sent to the last one received.
    max_wait
        Seconds for which a provider may ask to be left alone before it answers again; when it asks for more,
        the run ends early.
    max_failures
        End early when more prompts have failed: a count (int), or a share of the prompts (float below 1).
    max_calls, max_tokens, max_cost
        What the run may spend, in attempts sent, tokens, and US dollars. Never passed.
    price
        Used in place of what the plugin knows.
    stored_only
        Ask nothing: what neither the run nor the cache answers ends the run early.
    """

    concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    attempts: int = 6
    backoff: float = 0.5
    timeout: float = 300.0
    max_wait: float = 600.0
    max_failures: int | float | None = None
    max_calls: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    price: Price | None = None
    stored_only: bool = False

    def __post_init__(self) -> None:
        for name in ("concurrency", "requests_per_minute", "tokens_per_minute", "attempts", "timeout"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name.replace('_', ' ')} is {value}; it must be more than 0")
        for name in ("backoff", "max_wait", "max_failures", "max_calls", "max_tokens", "max_cost"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise UsageError(f"{name.replace('_', ' ')} is {value}; it cannot be less than 0")
        share = self.max_failures
        if isinstance(share, float) and share >= 1:
            raise UsageError(f"max failures is {share}; a share is below 1, a count is a whole number")

    def failures_allowed(self, prompts: int) -> float:
        """Return how many of so many prompts may fail."""
        if self.max_failures is None:
            return float("inf")
        return self.max_failures * prompts if isinstance(self.max_failures, float) else self.max_failures


def parse_failures(text: str) -> int | float:
    """Return ``"20"`` as a count and ``"5%"`` as a share. Raises :class:`UsageError`."""
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else int(text)
    except ValueError:
        raise UsageError(f"max failures {text!r} is no count such as 20 and no share such as 5%") from None


def parse_price(text: str) -> Price:
    """Return ``"0.10,0.40"``, dollars for a million tokens sent and generated, as a price of today.

    Raises :class:`UsageError`.
    """
    try:
        prompt, completion = map(float, text.split(","))
    except ValueError:
        prompt = completion = -1.0
    if not (0 <= prompt < float("inf") and 0 <= completion < float("inf")):
        raise UsageError(
            f"price {text!r} is not PROMPT,COMPLETION in dollars for a million tokens, e.g. 0.10,0.40"
        )
    return Price(prompt=prompt, completion=completion, date=f"{datetime.now(UTC):%Y-%m-%d}")
