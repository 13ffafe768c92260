"""Every fault, through litellm's real client: nothing hangs, nothing failed is scored, all is counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core_harness.llm import Asked, Cache, Journal, Price, Settings, ask_all
from core_harness.llm.answers import parse_replies
from core_harness.testing import FAULTS, TestServer
from core_harness_plugins.llms.litellm import LiteLLM
from llm.askers import prompts

pytestmark = pytest.mark.slow  # hundreds of calls through litellm, some of which time out

PASSING = ["429", "500", "502-html", "truncated", "reset", "hang", "empty", "no-choices"]
STAYING = {"bad-structure": "unparsed", "cut-off": "cut_off"}
HOPELESS = {
    "401": "401: ",
    "404": "404: ",
    "redirect": "http://127.0.0.1:",
}
"""Faults that end a run, and how the reason begins."""
PROVIDERS = ["hosted_vllm", "openai"]
# a call that is given up before it reaches the server is in one count only: a busy machine needs patience
QUICK = Settings(backoff=0.001, attempts=10, timeout=12.0)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-openai")
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", "sk-secret-of-mine")


def ask(server: TestServer, provider: str, number: int, settings: Settings = QUICK, **more: Any) -> Asked:
    llm = LiteLLM(model=f"{provider}/m", api_base=server.url)
    return ask_all(llm, prompts(number), journal=more.get("journal") or Journal(None), settings=settings)


def answers(asked: Asked, number: int) -> pl.DataFrame:
    return parse_replies(prompts(number), asked.replies)


def test_all_faults_are_tried_here() -> None:
    assert {*PASSING, *STAYING, *HOPELESS, "400"} == set(FAULTS)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_changes_no_answer(provider: str, fault: str) -> None:
    with TestServer(model="always-plausible") as server:
        calm = answers(ask(server, provider, 15), 15)
    with TestServer(model="always-plausible", faults={fault: 0.2}, retry_after=0.01) as server:
        asked = ask(server, provider, 15)
        assert server.stats.faults[fault] > 0
        # one attempt of ours is one request of the server: no other layer repeats them
        assert asked.summary.calls == server.stats.requests == 15 + server.stats.faults[fault]
    assert asked.summary.failed == 0
    assert_frame_equal(answers(asked, 15), calm)


@pytest.mark.parametrize("fault", PASSING)
def test_what_does_not_pass_is_a_counted_failure(fault: str) -> None:
    with TestServer(faults={fault: 1.0}, retry_after=0.01) as server:
        asked = ask(server, "hosted_vllm", 3, Settings(attempts=2, backoff=0.001, timeout=12.0))
        assert server.stats.requests == 6
    assert asked.summary.failed == 3
    found = answers(asked, 3)
    assert found["status"].to_list() == ["failed"] * 3
    assert found["value"].null_count() == 3
    assert asked.replies["cause"].str.ends_with("(attempt 2)").all()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", STAYING)
def test_what_a_model_answers_badly_is_not_scored(provider: str, fault: str) -> None:
    with TestServer(faults={fault: 1.0}) as server:
        asked = ask(server, provider, 3)
        assert server.stats.requests == 3
    assert answers(asked, 3)["status"].to_list() == [STAYING[fault]] * 3
    assert asked.replies["text"].str.len_chars().min() != 0  # the raw text is kept


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", HOPELESS)
def test_what_is_hopeless_ends_the_run_at_once(provider: str, fault: str) -> None:
    with TestServer(faults={fault: 1.0}) as server:
        asked = ask(server, provider, 100)
        assert server.stats.requests <= 8
    assert asked.summary.ended is not None
    assert asked.summary.ended.startswith(HOPELESS[fault])
    assert asked.summary.not_asked >= 92


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_bad_request_is_sent_once(provider: str) -> None:
    with TestServer(faults={"400": 1.0}) as server:
        asked = ask(server, provider, 5)
        assert server.stats.requests == 5
    assert asked.replies["cause"].to_list() == ["400: the request is not valid"] * 5


def test_all_faults_at_once() -> None:
    shares = dict.fromkeys([*PASSING, *STAYING, "400"], 0.2 / 11)
    number = 150
    with TestServer(model="always-plausible") as server:
        calm = answers(ask(server, "hosted_vllm", number), number)
    with TestServer(model="always-plausible", faults=shares, retry_after=0.01) as server:
        asked = ask(server, "hosted_vllm", number, replace(QUICK, timeout=12.0))
        assert asked.summary.calls == server.stats.requests
        faults = server.stats.faults
    found = answers(asked, number)
    assert faults.keys() == shares.keys()
    assert asked.summary.failed == faults["400"]
    assert found["status"].value_counts().filter(pl.col("status") != "ok").sort("status").rows() == sorted(
        (status, count)
        for status, count in {
            "failed": faults["400"],
            "unparsed": faults["bad-structure"],
            "cut_off": faults["cut-off"],
        }.items()
        if count
    )
    good = found["status"] == "ok"
    assert_frame_equal(found.filter(good), calm.filter(good))


@pytest.mark.parametrize(
    "limits",
    [Settings(max_calls=40), Settings(max_tokens=40_000), Settings(max_cost=0.05)],
    ids=["calls", "tokens", "cost"],
)
def test_the_budget_is_not_passed_by_the_servers_own_count(limits: Settings, tmp_path: Path) -> None:
    price = Price(prompt=1.0, completion=4.0, date="2026-11-01")
    settings = Settings(
        max_calls=limits.max_calls,
        max_tokens=limits.max_tokens,
        max_cost=limits.max_cost,
        price=price,
        backoff=0.001,
        attempts=10,
        timeout=12.0,
    )
    shares = dict.fromkeys(PASSING, 0.2 / len(PASSING))
    with (
        TestServer(faults=shares, latency=0.002, retry_after=0.01) as server,
        Journal(tmp_path / "replies.sqlite") as journal,
    ):
        llm = LiteLLM(model="hosted_vllm/m", api_base=server.url)
        asked = ask_all(llm, prompts(120), journal=journal, settings=settings)
        stats = server.stats
        cost = (stats.prompt_tokens + 4 * stats.completion_tokens) / 1e6
        assert stats.requests <= (limits.max_calls or 10**9)
        assert stats.prompt_tokens + stats.completion_tokens <= (limits.max_tokens or 10**9)
        assert cost <= (limits.max_cost or 10**9)
        assert asked.summary.ended is not None
        assert 5 < asked.summary.from_provider < 120
        rest = ask_all(llm, prompts(120), journal=journal, settings=QUICK).summary
    assert rest.from_journal == asked.summary.from_provider
    assert rest.from_journal + rest.from_provider == 120


def test_the_pace_follows_the_provider() -> None:
    with TestServer(model="always-plausible", capacity=12, latency=0.01, retry_after=0.01) as server:
        asked = ask(server, "hosted_vllm", 250, Settings(backoff=0.001, attempts=20))
        stats = server.stats
    assert asked.summary.failed == 0
    assert stats.most_in_flight > 12  # it found the limit
    assert stats.faults["429"] < 250 / 2  # and did not keep running into it


def test_no_secret_is_in_any_file_or_message(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    causes = []
    with (
        TestServer(faults={"401": 0.3, "429": 0.1, "500": 0.1, "reset": 0.1}, retry_after=0.01) as server,
        Cache(tmp_path / "cache.sqlite") as cache,
    ):
        for provider in PROVIDERS:
            with Journal(tmp_path / f"{provider}.sqlite", cache=cache) as journal:
                asked = ask(server, provider, 30, journal=journal)
                causes += [asked.summary.sentence(), *asked.replies["cause"].drop_nulls()]
                for file in tmp_path.iterdir():
                    assert b"sk-secret" not in file.read_bytes()
    assert any("Incorrect API key provided: [" in cause for cause in causes)
    assert "sk-secret" not in "".join(causes)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "sk-secret" not in printed.err
