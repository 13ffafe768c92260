"""Estimates of what a run would cost, made before anything is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

from core_harness.errors import MissingKeyError
from core_harness.llm.budget import prompt_estimate
from core_harness.llm.frames import requests_of
from core_harness.llm.journal import Journal
from core_harness.llm.keys import reply_key
from core_harness.llm.messages import LLM, Price, Tokens


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A dry run's answer. Calls are those that no journal or cache can answer, failures not foreseen.

    Attributes
    ----------
    prompts, distinct, known
        Rows, how many of them differ, and how many of those are answered already.
    calls
        Requests to be sent, each once.
    prompt_tokens
        What they hold together, by ``tokens_are``.
    tokens_are
        ``estimated``: four bytes a token. ``counted``: there is nothing to send, the figure is 0.
    completion_tokens
        At most so many, for each answer is bounded.
    bound
        Tokens that cannot be passed, prompts by their bytes.
    price
        None where it is not known.
    """

    prompts: int
    distinct: int
    known: int
    calls: int
    prompt_tokens: int
    tokens_are: Literal["estimated", "counted"]
    completion_tokens: int
    bound: Tokens
    price: Price | None

    @property
    def cost(self) -> float | None:
        """US dollars if every answer is as long as it may be; None where no price is known."""
        tokens = Tokens(self.prompt_tokens, self.completion_tokens)
        return None if self.price is None else self.price.cost(tokens)

    @property
    def cost_bound(self) -> float | None:
        """US dollars that cannot be passed if no call has to be repeated."""
        return None if self.price is None else self.price.cost(self.bound)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, with both costs."""
        return {**asdict(self), "cost": self.cost, "cost_bound": self.cost_bound}

    def sentence(self) -> str:
        """Return the figures on one line, for people."""
        money = "price unknown"
        if self.price is not None:
            money = (
                f"about ${self.cost:,.4f}, at most ${self.cost_bound:,.4f}, at prices of {self.price.date}"
            )
        return (
            f"{self.calls:,} calls for {self.distinct:,} prompts ({self.known:,} answered already); "
            f"about {self.prompt_tokens:,} prompt tokens ({self.tokens_are}; at most {self.bound.prompt:,}) "
            f"and at most {self.completion_tokens:,} generated; {money}"
        )


def estimate(
    llm: LLM,
    prompts: pl.DataFrame,
    *,
    journal: Journal,
    price: Price | None = None,
    counted: set[str] | None = None,
) -> Estimate:
    """Estimate what :func:`~core_harness.llm.ask_all` would send. Sends nothing and writes nothing.

    ``price`` is used in place of what the plugin knows. ``counted`` holds the keys that estimates of other
    runs have counted, which are answered by the time of this one; those of this one are added. Raises
    :class:`UsageError` as ``ask_all`` does, but needs no key.
    """
    identity = llm.identity()
    requests = {reply_key(identity, request): request for request in requests_of(prompts)}
    stored = journal.stored(requests)
    known = stored.keys() | journal.cached(key for key in requests if key not in stored).keys()
    if counted is not None:
        known |= requests.keys() & counted
        counted.update(requests)
    missing = [request for key, request in requests.items() if key not in known]
    bounds = [llm.upper_bound(request) for request in missing]
    bound = sum(bounds, start=Tokens(0, 0))
    return Estimate(
        prompts=prompts.height,
        distinct=len(requests),
        known=len(known),
        calls=len(missing),
        prompt_tokens=sum(prompt_estimate(request) for request in missing),
        tokens_are="estimated" if missing else "counted",
        completion_tokens=bound.completion,
        bound=bound,
        price=price or _price(llm),
    )


def _price(llm: LLM) -> Price | None:
    """Return the price that is known without a key."""
    try:
        return llm.describe().price
    except MissingKeyError as error:
        price: Price | None = error.price
        return price
