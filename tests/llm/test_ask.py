from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core_harness.errors import UsageError
from core_harness.llm import (
    REPLIES,
    Cache,
    Journal,
    Permanent,
    Price,
    Reply,
    Settings,
    Transient,
    ask_all,
    estimate,
    replies_of,
)
from core_harness.schemas import check
from llm.askers import Scripted, prompts, said, small_prompts

QUICK = Settings(backoff=0.001, attempts=3)
PRICE = Price(prompt=1.0, completion=2.0, date="2026-11-01")


def ask(llm: Scripted, texts: list[str], settings: Settings = QUICK, journal: Journal | None = None) -> Any:
    return ask_all(llm, small_prompts(texts), journal=journal or Journal(None), settings=settings)


def test_replies_stand_in_the_order_of_the_prompts() -> None:
    llm = Scripted(lambda text, _: said(f"about {text}"))
    texts = [f"t{n}" for n in range(50)]
    replies = ask(llm, texts).replies
    assert replies["text"].to_list() == [f"about {text}" for text in texts]
    assert_frame_equal(check(replies, REPLIES, "asking"), replies)


def test_replies_survive_the_frame() -> None:
    replies = ask(Scripted(), ["a"]).replies
    assert replies_of(replies) == [said("ANSWER: yes")]


def test_identical_prompts_are_asked_once() -> None:
    llm = Scripted()
    asked = ask(llm, ["a", "b", "a", "a", "b"])
    assert llm.asked == {"a": 1, "b": 1}
    assert asked.replies["status"].to_list() == ["answered"] * 5
    assert (asked.summary.prompts, asked.summary.distinct, asked.summary.calls) == (5, 2, 2)


def test_samples_are_asked_apart() -> None:
    llm = Scripted()
    rows = small_prompts(["a", "a"]).with_columns(pl.Series("sample", [0, 1], pl.UInt32))
    ask_all(llm, rows, journal=Journal(None), settings=QUICK)
    assert llm.asked == {"a": 2}


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


def test_a_second_run_sends_nothing(tmp_path: Path) -> None:
    texts = [f"t{n}" for n in range(20)]
    with Cache(tmp_path / "cache.sqlite") as cache:
        with Journal(tmp_path / "1.sqlite", cache=cache) as journal:
            first = ask(Scripted(), texts, journal=journal)
        again, anew = Scripted(), Scripted()
        with Journal(tmp_path / "1.sqlite", cache=cache) as journal:
            resumed = ask(again, texts, journal=journal)
        with Journal(tmp_path / "2.sqlite", cache=cache) as journal:
            rerun = ask(anew, texts, journal=journal)
    assert not again.asked
    assert not anew.asked
    assert (resumed.summary.from_journal, rerun.summary.from_cache) == (20, 20)
    for later in (resumed, rerun):
        assert_frame_equal(later.replies.drop("source"), first.replies.drop("source"))


def test_an_answered_run_needs_no_key() -> None:
    class Keyless(Scripted):
        def describe(self) -> Any:
            raise UsageError("model 'scripted' needs A_KEY in the environment")

    journal = Journal(None)
    ask(Scripted(), ["a"], journal=journal)
    assert ask(Keyless(), ["a"], journal=journal).summary.from_journal == 1
    with pytest.raises(UsageError, match="A_KEY"):
        ask(Keyless(), ["a", "b"], journal=journal)
    assert len(journal.attempts()) == 1


def test_failures_are_asked_again_by_the_next_run() -> None:
    def answer(text: str, attempt: int) -> Reply:
        raise Permanent("no")

    journal = Journal(None)
    ask(Scripted(answer), ["a"], journal=journal)
    assert ask(Scripted(), ["a"], journal=journal).summary.from_provider == 1


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


def test_a_simulated_answer_marks_the_run() -> None:
    llm = Scripted(lambda *_: Reply(text="ANSWER: yes", model="simulated/always-plausible"))
    summary = ask(llm, ["a"]).summary
    assert summary.simulated
    assert summary.sentence().startswith("simulated: ")


def test_progress_is_reported() -> None:
    reported: list[tuple[int, int]] = []
    ask_all(
        Scripted(),
        small_prompts(["a", "b", "a"]),
        journal=Journal(None),
        on_progress=lambda done, of: reported.append((done, of)),
    )
    assert reported == [(0, 2), (1, 2), (2, 2)]


def test_secrets_are_blacked_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-very-secret-1")
    monkeypatch.setenv("SHORT_TOKEN", "yes")

    def answer(text: str, attempt: int) -> Reply:
        if text == "a":
            raise Permanent("wrong key sk-very-secret-1")
        return said("Your key is sk-very-secret-1.\nANSWER: yes")

    with Journal(tmp_path / "replies.sqlite") as journal:
        replies = ask(Scripted(answer), ["a", "b"], journal=journal).replies
    assert replies["cause"].to_list() == ["wrong key [SOME_API_KEY]", None]
    assert replies["text"].to_list() == [None, "Your key is [SOME_API_KEY].\nANSWER: yes"]
    for file in tmp_path.iterdir():
        assert b"very-secret" not in file.read_bytes()


def test_half_characters_fit_into_no_file_and_are_replaced(tmp_path: Path) -> None:
    with Journal(tmp_path / "replies.sqlite") as journal:
        asked = ask(Scripted(lambda *_: said("\ud83d ANSWER: yes")), ["a"], journal=journal)
    assert asked.replies["text"].to_list() == ["? ANSWER: yes"]


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_an_interrupted_run_is_written_down(number: signal.Signals, error: type[BaseException]) -> None:
    journal = Journal(None)
    texts = [f"t{n}" for n in range(200)]

    def answer(text: str, _: int) -> Reply:
        if text == "t9":
            os.kill(os.getpid(), number)
        return said("ANSWER: yes")

    llm = Scripted(answer, seconds=0.01)
    # where the tests run in the background, Ctrl-C is ignored in them
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(error):
            ask(llm, texts, Settings(concurrency=4), journal)
    finally:
        signal.signal(signal.SIGINT, before)
    assert llm.in_flight == 0
    outcomes = [outcome for *_, outcome in journal.attempts()]
    assert 1 <= outcomes.count("interrupted") <= 4
    assert set(outcomes) <= {"answered", "interrupted"}
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    resumed = ask(Scripted(), texts, journal=journal).summary
    assert resumed.from_journal == outcomes.count("answered") > 0
    assert resumed.from_journal + resumed.from_provider == 200


def test_concurrency_is_kept() -> None:
    llm = Scripted(seconds=0.002)
    ask(llm, [f"t{n}" for n in range(60)], Settings(concurrency=5))
    assert llm.most_in_flight == 5


def test_concurrency_is_found() -> None:
    llm = Scripted(seconds=0.005)
    ask(llm, [f"t{n}" for n in range(300)])
    assert llm.most_in_flight > 16


def test_a_rate_is_kept() -> None:
    llm = Scripted()
    started = time.monotonic()
    ask(llm, [f"t{n}" for n in range(11)], Settings(requests_per_minute=6000))
    assert time.monotonic() - started >= 10 * 60 / 6000


def test_a_dry_run_says_what_would_be_sent() -> None:
    journal = Journal(None)
    llm = Scripted(price=PRICE)
    ask(llm, ["known"], journal=journal)
    before = journal.attempts()
    estimated = estimate(llm, small_prompts(["known", "new", "new", "also new"]), journal=journal)
    assert (estimated.prompts, estimated.distinct, estimated.known, estimated.calls) == (4, 3, 1, 2)
    assert estimated.tokens_are == "estimated"
    assert estimated.completion_tokens == 40
    assert estimated.bound.prompt > estimated.prompt_tokens > 0
    assert estimated.cost_bound == PRICE.cost(estimated.bound)
    assert "at prices of 2026-11-01" in estimated.sentence()
    assert journal.attempts() == before
    assert llm.asked == {"known": 1}
    nothing = estimate(Scripted(), small_prompts(["known"]), journal=journal)
    assert (nothing.calls, nothing.prompt_tokens, nothing.tokens_are) == (0, 0, "counted")
    assert "price unknown" in nothing.sentence()


def test_real_prompts_go_through() -> None:
    asked = ask_all(Scripted(), prompts(30), journal=Journal(None))
    assert asked.summary.from_provider == 30
