from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_harness.llm.pace import Bucket, Pace, Slots


@given(
    st.integers(1, 600),
    st.lists(st.floats(0, 30), min_size=2, max_size=200),
)
def test_no_minute_holds_more_than_the_limit(per_minute: int, gaps: list[float]) -> None:
    bucket, now, sent = Bucket(per_minute), 0.0, []
    for gap in gaps:
        now += gap
        sent.append(now + bucket.take(1, now))
    assert sent == sorted(sent)
    for first in sent:
        assert sum(first <= time < first + 60 - 1e-6 for time in sent) <= per_minute


def test_what_was_not_used_can_be_used_again() -> None:
    bucket = Bucket(60)
    assert bucket.take(10, 0.0) == 0.0
    bucket.give_back(7)
    assert bucket.take(1, 0.0) == pytest.approx(3.0)
    bucket.give_back(-2)
    assert bucket.take(1, 0.0) == pytest.approx(6.0)


async def free(slots: Slots) -> int:
    """Count how many can be taken at once, and give them back."""
    taken = 0
    while True:
        try:
            await asyncio.wait_for(slots.__aenter__(), 0.001)
        except TimeoutError:
            break
        taken += 1
    for _ in range(taken):
        await slots.__aexit__()
    return taken


def test_slots_grow_with_answers_and_are_halved_once_a_round() -> None:
    async def scenario() -> None:
        slots = Slots(None)
        start = slots.size
        assert await free(slots) == start
        for _ in range(start):
            slots.answered()
        assert await free(slots) == 2 * start
        slots.turned_away(sent=1.0, now=2.0)
        slots.turned_away(sent=1.5, now=2.1)  # of the same round: it had been sent before the cut
        assert await free(slots) == start
        for _ in range(start + 1):
            slots.answered()
        assert await free(slots) == start + 1
        slots.turned_away(sent=3.0, now=4.0)
        assert await free(slots) == (start + 1) // 2

    asyncio.run(scenario())


def test_one_slot_stays_open() -> None:
    async def scenario() -> None:
        slots = Slots(None)
        for n in range(20):
            slots.turned_away(sent=2.0 * n, now=2.0 * n + 1)
        assert await free(slots) == 1

    asyncio.run(scenario())


def test_slots_do_not_grow_for_ever() -> None:
    slots = Slots(None)
    for _ in range(10_000):
        slots.answered()
    assert slots.size == 128


def test_a_set_size_stays() -> None:
    async def scenario() -> None:
        slots = Slots(3)
        slots.answered()
        assert await free(slots) == 3
        slots.turned_away(sent=1.0, now=2.0)
        assert await free(slots) == 3

    asyncio.run(scenario())


def test_who_waits_is_let_in_by_who_leaves() -> None:
    async def scenario() -> None:
        slots = Slots(2)
        await slots.__aenter__()
        await slots.__aenter__()
        waiting = [asyncio.create_task(slots.__aenter__()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await slots.__aexit__()
        await asyncio.wait_for(waiting[1], 1)
        assert not waiting[2].done()
        await slots.__aexit__()
        await asyncio.wait_for(waiting[2], 1)

    asyncio.run(scenario())


def test_nothing_is_sent_while_the_provider_asks_to_wait() -> None:
    async def scenario() -> float:
        pace = Pace(4, None, None)
        now = asyncio.get_running_loop().time
        started = now()
        pace.turned_away(started, retry_after=0.05)
        await asyncio.gather(pace.wait(1), pace.wait(1))
        return now() - started

    assert asyncio.run(scenario()) >= 0.05
