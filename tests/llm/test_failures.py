"""What may pass is asked again, what will not pass is not, and too much of it ends the run."""

from __future__ import annotations

import time

import polars as pl
import pytest

from core_harness.llm import (
    Journal,
    Permanent,
    Reply,
    Settings,
    Tokens,
    Transient,
)
from llm.askers import PRICE, Scripted, ask, said


def test_what_may_pass_is_tried_again_and_written_down() -> None:
    def answer(text: str, attempt: int) -> Reply:
        if attempt < 3:
            raise Transient("busy", turned_away=True)
        return said("ANSWER: yes")

    journal = Journal(None)
    asked = ask(Scripted(answer), ["a"], journal=journal)
    assert asked.replies["status"].to_list() == ["answered"]
    assert [(number, outcome) for _, number, _, outcome in journal.attempts()] == [
        (1, "busy"),
        (2, "busy"),
        (3, "answered"),
    ]


def test_what_will_not_pass_is_not_tried_again() -> None:
    def answer(text: str, attempt: int) -> Reply:
        raise Permanent("400: no such parameter")

    llm = Scripted(answer)
    asked = ask(llm, ["a", "b"])
    assert llm.asked == {"a": 1, "b": 1}
    assert asked.replies["status"].to_list() == ["failed", "failed"]
    assert asked.replies["cause"].to_list() == ["400: no such parameter"] * 2
    assert asked.replies["text"].to_list() == [None, None]


def test_attempts_end() -> None:
    def answer(text: str, attempt: int) -> Reply:
        raise Transient("500: out of order")

    llm = Scripted(answer)
    asked = ask(llm, ["a"])
    assert llm.asked == {"a": 3}
    assert asked.replies["cause"].to_list() == ["500: out of order (attempt 3)"]


@pytest.mark.parametrize("turned_away", [True, False])
def test_a_provider_that_wants_to_be_left_alone_for_long_ends_the_run(turned_away: bool) -> None:
    def answer(text: str, attempt: int) -> Reply:
        raise Transient("429: slow down", retry_after=3600.0, turned_away=turned_away)

    llm = Scripted(answer, seconds=0.001)
    asked = ask(llm, [f"t{n}" for n in range(50)])  # the others do not sit the hour out
    assert asked.summary.ended == (
        "this process asks to wait 3,600 s (429: slow down (attempt 1)), and --max-wait is 600 s"
    )
    assert asked.summary.not_asked == 50
    assert sum(llm.asked.values()) <= 8


def test_a_provider_that_asks_for_a_little_patience_again_and_again_ends_the_run() -> None:
    def answer(text: str, attempt: int) -> Reply:
        raise Transient("429: slow down", retry_after=0.1, turned_away=True)

    settings = Settings(backoff=0.001, attempts=10**6, max_wait=1.0)
    asked = ask(Scripted(answer), ["a", "b"], settings)
    assert asked.summary.ended is not None
    assert asked.summary.ended.startswith("this process asks to wait 0 s")
    assert asked.summary.not_asked == 2


def test_an_answer_makes_up_for_what_was_waited_before() -> None:
    def answer(text: str, attempt: int) -> Reply:
        if attempt == 1 and int(text) % 2 == 0:
            raise Transient("429: slow down", retry_after=0.1, turned_away=True)
        return said("ANSWER: yes")

    # one at a time: a pause, an answer, a pause, ..., together longer than is allowed
    settings = Settings(backoff=0.001, concurrency=1, max_wait=0.15)
    summary = ask(Scripted(answer), [str(n) for n in range(10)], settings).summary
    assert (summary.ended, summary.from_provider) == (None, 10)


def test_a_run_that_ends_does_not_sit_pauses_out() -> None:
    def answer(text: str, attempt: int) -> Reply:
        if text == "bad":
            raise Permanent("401: wrong key", hopeless=True)
        raise Transient("500: out of order", retry_after=500.0)

    started = time.monotonic()
    summary = ask(Scripted(answer, seconds=0.01), ["a", "b", "bad"]).summary
    assert summary.ended == "401: wrong key"
    assert time.monotonic() - started < 100  # it counts as hanging from here on


def test_tokens_of_attempts_that_failed_are_counted() -> None:
    def answer(text: str, attempt: int) -> Reply:
        if attempt == 1:
            raise Transient("the reply is empty", tokens=Tokens(10, 1))
        return said("ANSWER: yes")

    journal = Journal(None)
    summary = ask(Scripted(answer, price=PRICE), ["a", "b"], journal=journal).summary
    assert (summary.prompt_tokens, summary.completion_tokens) == (40, 12)
    assert summary.charged_tokens == 52
    assert summary.cost == pytest.approx((40 + 2 * 12) / 1e6)


def test_retry_after_is_honoured() -> None:
    def answer(text: str, attempt: int) -> Reply:
        if attempt == 1:
            raise Transient("429", retry_after=0.2, turned_away=True)
        return said("ANSWER: yes")

    journal = Journal(None)
    started = time.monotonic()
    ask(Scripted(answer), ["a"], journal=journal)
    assert time.monotonic() - started >= 0.2


def test_a_plugin_that_hangs_is_left() -> None:
    llm = Scripted(seconds=60)
    asked = ask(llm, ["a"], Settings(timeout=0.01, attempts=2, backoff=0.001))
    assert asked.replies["cause"].to_list() == ["no reply within 0.01 s (attempt 2)"]


def test_a_bug_of_a_plugin_keeps_its_traceback_and_what_was_answered() -> None:
    def answer(text: str, attempt: int) -> Reply:
        if text == "b":
            raise KeyError("choices")
        return said("ANSWER: yes")

    journal = Journal(None)
    with pytest.raises(KeyError, match="choices"):
        ask(Scripted(answer), ["a", "b"], Settings(concurrency=1), journal)
    assert [outcome for *_, outcome in journal.attempts()] == ["answered", "KeyError: 'choices'"]
    assert ask(Scripted(), ["a", "b"], journal=journal).summary.from_journal == 1


def test_too_many_failures_end_the_run() -> None:
    def answer(text: str, attempt: int) -> Reply:
        if text.startswith("bad"):
            raise Permanent("no")
        return said("ANSWER: yes")

    texts = [f"{'bad' if n % 2 else 'good'}{n}" for n in range(100)]
    for most in (5, 0.05):
        llm = Scripted(answer)
        asked = ask(llm, texts, Settings(max_failures=most, concurrency=2))
        summary = asked.summary
        assert summary.failed in {6, 7}
        assert summary.ended == "6 prompts failed, the last one: no"
        assert summary.not_asked == 100 - summary.failed - summary.from_provider > 80
        assert asked.replies.filter(pl.col("status") == "not_asked")["cause"].unique().to_list() == [
            summary.ended
        ]
        assert "ended early" in summary.sentence()


def test_a_failure_that_is_everybodys_ends_the_run() -> None:
    def answer(text: str, attempt: int) -> Reply:
        raise Permanent("401: wrong key", hopeless=True)

    llm = Scripted(answer, seconds=0.001)
    summary = ask(llm, [f"t{n}" for n in range(100)]).summary
    assert sum(llm.asked.values()) <= 8
    assert summary.ended == "401: wrong key"


def test_a_provider_that_is_not_there_ends_the_run() -> None:
    def answer(text: str, attempt: int) -> Reply:
        raise Transient("connection refused")

    summary = ask(Scripted(answer), [f"t{n}" for n in range(500)]).summary
    assert 20 <= summary.failed < 50
    assert summary.not_asked > 400


def test_failures_are_asked_again_by_the_next_run() -> None:
    def answer(text: str, attempt: int) -> Reply:
        raise Permanent("no")

    journal = Journal(None)
    ask(Scripted(answer), ["a"], journal=journal)
    assert ask(Scripted(), ["a"], journal=journal).summary.from_provider == 1
