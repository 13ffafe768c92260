"""Prompts are asked once each, in order, and a run that broke off goes on."""

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
    Reply,
    Settings,
    ask_all,
    replies_of,
)
from core_harness.schemas import check
from llm.askers import QUICK, Scripted, ask, prompts, said, small_prompts


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


def test_nothing_is_asked_where_only_stored_answers_count() -> None:
    first, again = Scripted(), Scripted()
    with Journal(None) as journal:
        ask(first, ["a", "b"], journal=journal)
        stored = ask(again, ["a", "b", "c"], settings=Settings(stored_only=True), journal=journal)
    assert not again.asked
    assert stored.replies["status"].to_list() == ["answered", "answered", "not_asked"]
    assert stored.summary.ended == "1 prompts have no stored answer, and none was to be asked"


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


def test_a_simulated_answer_marks_the_run() -> None:
    llm = Scripted(lambda *_: Reply(text="ANSWER: yes", model="mine", simulated=True))
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


def test_real_prompts_go_through() -> None:
    asked = ask_all(Scripted(), prompts(30), journal=Journal(None))
    assert asked.summary.from_provider == 30
