"""Summary of the calls of a run, in figures and in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from typing import Any

from core_harness.llm.answered import Answered
from core_harness.llm.budget import Amount
from core_harness.llm.frames import Outcome
from core_harness.llm.messages import Price, Tokens


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Figures of one call of :func:`~core_harness.llm.ask_all`, or of several added up.

    Attributes
    ----------
    prompts, distinct
        Rows asked for, and how many of them differ; the other figures count distinct ones.
    from_journal, from_cache, from_provider
        Where answers came from: this run before, other runs, or asked now.
    failed, not_asked
        Prompts without an answer, because of a cause, or because the run ended first.
    calls
        Attempts sent now, repeated ones among them.
    lost
        Calls that were in flight when this run was last killed; they may have been charged.
    prompt_tokens, completion_tokens
        Of the calls sent now, repeated ones among them, as far as the provider counted.
    thinking_tokens
        Part of completion, of the answers given now.
    charged_tokens
        What the calls sent now took out of the budget: as counted, failed ones by their upper bound.
    cost
        US dollars for the calls sent now, failed ones by their upper bound; None where it is unknown.
    price_date
        Day of the price, or None where it is unknown.
    simulated
        Whether any answer is that of a scripted model.
    ended
        Why the run ended before all prompts were asked; None if it did not. The result is partial then.
    answers
        What became of the items asked about; None until replies are read, and in records of earlier programs.
    """

    prompts: int
    distinct: int
    from_journal: int
    from_cache: int
    from_provider: int
    failed: int
    not_asked: int
    calls: int
    lost: int
    prompt_tokens: int
    completion_tokens: int
    thinking_tokens: int
    charged_tokens: int
    cost: float | None
    price_date: str | None
    simulated: bool
    ended: str | None
    answers: Answered | None = None

    def __add__(self, other: Summary) -> Summary:
        """Return both together: the cost unknown where either's is, ended where either did."""
        counts = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.type == "int"
        }
        known = self.cost is not None and other.cost is not None
        return Summary(
            **counts,
            cost=(self.cost or 0.0) + (other.cost or 0.0) if known else None,
            price_date=self.price_date or other.price_date,
            simulated=self.simulated or other.simulated,
            ended=self.ended or other.ended,
            answers=self.answers + other.answers if self.answers and other.answers else None,
        )

    @property
    def answered(self) -> int:
        """Distinct prompts with an answer."""
        return self.from_journal + self.from_cache + self.from_provider

    @property
    def charged(self) -> Amount:
        """What the calls sent now took out of the budget."""
        return Amount(self.calls, self.charged_tokens, self.cost)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures for a manifest."""
        return asdict(self)

    def sentence(self) -> str:
        """Return the figures on one line, for people."""
        sources = (
            f"{self.from_journal:,} by this run before, {self.from_cache:,} from the cache, "
            f"{self.from_provider:,} by the model"
        )
        dated = f" at prices of {self.price_date}" if self.price_date else ""
        parts = [
            f"{self.answered:,} of {self.distinct:,} prompts answered ({sources})",
            f"{self.calls:,} calls",
            f"{self.prompt_tokens + self.completion_tokens:,} tokens",
            "cost unknown" if self.cost is None else f"${self.cost:,.4f}{dated}",
        ]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.lost:
            parts.append(f"{self.lost:,} calls were in flight when this run was killed")
        if self.ended:
            parts.append(f"ended early, {self.not_asked:,} not asked: {self.ended}")
        return ("simulated: " if self.simulated else "") + "; ".join(parts)


def summarise(
    outcomes: Collection[Outcome],
    *,
    prompts: int,
    calls: int,
    lost: int,
    counted: Tokens,
    charged: Amount,
    price: Price | None,
    ended: str | None,
) -> Summary:
    """Return the figures of ``outcomes``, one a distinct prompt, with those that the caller counted."""
    replied = [(outcome.source, outcome.reply) for outcome in outcomes if outcome.reply is not None]
    fresh = [reply for source, reply in replied if source == "provider"]
    count = Counter(outcome.source or outcome.status for outcome in outcomes)
    return Summary(
        prompts=prompts,
        distinct=len(outcomes),
        from_journal=count["journal"],
        from_cache=count["cache"],
        from_provider=count["provider"],
        failed=count["failed"],
        not_asked=count["not_asked"],
        calls=calls,
        lost=lost,
        prompt_tokens=counted.prompt,
        completion_tokens=counted.completion,
        thinking_tokens=sum(reply.thinking_tokens or 0 for reply in fresh),
        charged_tokens=charged.tokens,
        cost=charged.cost,
        price_date=None if price is None else price.date,
        simulated=any(reply.simulated for _, reply in replied),
        ended=ended,
    )
