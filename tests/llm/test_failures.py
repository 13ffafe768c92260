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
    Transient,
)
from llm.askers import Scripted, ask, said


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


def test_a_provider_that_wants_to_be_left_alone_for_long_has_refused() -> None:
    def answer(text: str, attempt: int) -> Reply:
        raise Transient("429", retry_after=3600.0, turned_away=False)

    llm = Scripted(answer)
    assert ask(llm, ["a"]).replies["cause"].to_list() == ["429 (attempt 1), which asks to wait 3600 s"]


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
