from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_harness.errors import UsageError
from core_harness.llm import Message, Price, Request, Settings, Tokens, parse_failures, prompt_bound
from core_harness.llm.budget import Amount, Budget, Exhausted

PRICE = Price(prompt=1.0, completion=4.0, date="2026-11-01")
CALLS = st.lists(
    st.tuples(st.integers(1, 500), st.integers(1, 100), st.floats(0, 1), st.integers(1, 5)),
    min_size=1,
    max_size=40,
)


@settings(max_examples=50)
@given(CALLS, st.integers(0, 5000), st.integers(1, 8))
def test_no_limit_is_passed_at_any_time(
    calls: list[tuple[int, int, float, int]], limit: int, at_once: int
) -> None:
    spent: list[tuple[int, float]] = []

    async def scenario() -> None:
        budget = Budget(Settings(max_tokens=limit, max_cost=limit * 2e-6), PRICE, Amount())
        slots = asyncio.Semaphore(at_once)

        async def call(prompt: int, completion: int, share: float, steps: int) -> None:
            bound = Tokens(prompt, completion)
            async with slots:
                reserved = budget.bound(bound)
                await budget.reserve(reserved)
                for _ in range(steps):
                    await asyncio.sleep(0)
                used = Tokens(prompt, int(completion * share))
                spent.append((used.total, PRICE.cost(used)))
                budget.settle(reserved, Amount(1, used.total, PRICE.cost(used)))

        await asyncio.gather(*(call(*c) for c in calls), return_exceptions=True)

    asyncio.run(scenario())
    assert sum(tokens for tokens, _ in spent) <= limit
    assert sum(cost for _, cost in spent) <= limit * 2e-6 * (1 + 1e-9)


def test_what_is_given_back_is_spent_before_the_run_ends() -> None:
    async def scenario() -> int:
        budget = Budget(Settings(max_tokens=100), None, Amount())
        done = 0

        async def call() -> None:
            nonlocal done
            reserved = budget.bound(Tokens(30, 30))
            await budget.reserve(reserved)
            await asyncio.sleep(0)
            budget.settle(reserved, Amount(1, 10, None))
            done += 1

        results = await asyncio.gather(*(call() for _ in range(10)), return_exceptions=True)
        assert {type(result) for result in results} == {type(None), Exhausted}
        return done

    assert asyncio.run(scenario()) == 5  # 10 each, until less than 60 is left


@pytest.mark.parametrize(
    "settings", [Settings(max_calls=10), Settings(max_tokens=10), Settings(max_cost=10.0)], ids=str
)
def test_what_was_spent_before_counts(settings: Settings) -> None:
    async def scenario() -> None:
        budget = Budget(settings, PRICE, Amount(10, 10, 10.0))
        with pytest.raises(Exhausted, match=r"max \w+ 10 is used up"):
            await budget.reserve(budget.bound(Tokens(1, 1)))

    asyncio.run(scenario())


def test_a_cost_without_price_cannot_be_limited() -> None:
    with pytest.raises(UsageError, match="price of this model is not known"):
        Budget(Settings(max_cost=1.0), None, Amount())


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_a_prompt_has_no_more_tokens_than_bytes(texts: list[str]) -> None:
    request = Request(messages=tuple(Message("user", text) for text in texts), form="yes-no", items=("G",))
    sent = sum(len(text.encode()) for text in texts)
    assert prompt_bound(request) >= sent + len(texts)
    assert prompt_bound(request, extra="ä") == prompt_bound(request) + 2


@pytest.mark.parametrize(("text", "expected"), [("20", 20), ("0", 0), ("5%", 0.05), ("0%", 0.0)])
def test_failures_are_a_count_or_a_share(text: str, expected: float) -> None:
    assert parse_failures(text) == expected
    assert type(parse_failures(text)) is type(expected)


@pytest.mark.parametrize("text", ["", "many", "0.1", "x%"])
def test_failures_of_another_kind(text: str) -> None:
    with pytest.raises(UsageError, match="no count"):
        parse_failures(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"attempts": 0},
        {"max_cost": -1.0},
        {"max_failures": 1.0},
        {"tokens_per_minute": -5},
    ],
)
def test_settings_that_are_none(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong)).replace("_", " ")):
        Settings(**wrong)  # type: ignore[arg-type]


def test_shares_are_of_the_prompts() -> None:
    assert Settings(max_failures=0.1).failures_allowed(50) == 5
    assert Settings(max_failures=3).failures_allowed(50) == 3
    assert Settings().failures_allowed(50) == float("inf")
