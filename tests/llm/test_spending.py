"""What a run may spend, has spent and would spend."""

from __future__ import annotations

from typing import Any

import pytest

from core_harness.llm import (
    Journal,
    Reply,
    Settings,
    Transient,
    estimate,
)
from llm.askers import PRICE, QUICK, Scripted, ask, said, small_prompts


@pytest.mark.parametrize("limit", [{"max_calls": 7}, {"max_tokens": 300}, {"max_cost": 300e-6}])
def test_the_budget_is_of_the_run_and_is_not_passed(limit: dict[str, Any]) -> None:
    journal = Journal(None)
    llm = Scripted(price=PRICE)
    texts = [f"t{n}" for n in range(50)]
    for _ in range(2):  # resumed with the same budget, it asks no more
        summary = ask(llm, texts, Settings(**limit), journal).summary
        spent = journal.spent(PRICE)
        assert spent.calls <= limit.get("max_calls", 50)
        assert spent.tokens <= limit.get("max_tokens", 1e9)
        assert spent.cost is not None
        assert spent.cost <= limit.get("max_cost", 1e9)
        assert summary.ended is not None
        assert "is used up" in summary.ended
    assert 0 < sum(llm.asked.values()) < 50
    more = {name: 10 * value for name, value in limit.items()}
    assert ask(llm, texts, Settings(**more), journal).summary.ended is None


def test_the_summary_adds_up() -> None:
    summary = ask(Scripted(price=PRICE), ["a", "b", "a"]).summary
    assert (summary.prompt_tokens, summary.completion_tokens) == (20, 10)
    assert summary.cost == pytest.approx(2 * (10 + 2 * 5) / 1e6)
    assert summary.price_date == "2026-11-01"
    assert not summary.simulated
    assert summary.sentence() == (
        "2 of 2 prompts answered (0 by this run before, 0 from the cache, 2 by the model); 2 calls; "
        "30 tokens; $0.0000 at prices of 2026-11-01"
    )


def test_an_unknown_price_is_not_nothing() -> None:
    summary = ask(Scripted(), ["a"]).summary
    assert summary.cost is None
    assert "cost unknown" in summary.sentence()


def test_uncounted_tokens_are_charged_by_their_bound() -> None:
    journal = Journal(None)
    ask(Scripted(lambda *_: said("x", prompt_tokens=None)), ["a"], journal=journal)
    assert journal.spent(None).tokens > 60


def test_what_failed_is_charged_and_not_counted_as_answers() -> None:
    def replies(text: str, attempt: int) -> Reply:
        if attempt == 1:
            raise Transient("lost on the way")
        return said("x")

    journal = Journal(None)
    summary = ask(Scripted(replies), ["a"], QUICK, journal=journal).summary
    assert summary.prompt_tokens + summary.completion_tokens < summary.charged_tokens
    assert summary.charged_tokens == journal.spent(None).tokens


def test_a_dry_run_says_what_would_be_sent() -> None:
    journal = Journal(None)
    llm = Scripted(price=PRICE)
    ask(llm, ["known"], journal=journal)
    before = journal.attempts()
    reckoned = estimate(llm, small_prompts(["known", "new", "new", "also new"]), journal=journal)
    assert (reckoned.prompts, reckoned.distinct, reckoned.known, reckoned.calls) == (4, 3, 1, 2)
    assert reckoned.tokens_are == "estimated"
    assert reckoned.completion_tokens == 40
    assert reckoned.bound.prompt > reckoned.prompt_tokens > 0
    assert reckoned.cost_bound == PRICE.cost(reckoned.bound)
    assert "at prices of 2026-11-01" in reckoned.sentence()
    assert journal.attempts() == before
    assert llm.asked == {"known": 1}
    nothing = estimate(Scripted(), small_prompts(["known"]), journal=journal)
    assert (nothing.calls, nothing.prompt_tokens, nothing.tokens_are) == (0, 0, "counted")
    assert "price unknown" in nothing.sentence()
