"""What a server may send, through litellm's real client: a failed prompt with its reason, in bounded time.

The cases are those of docs/threats.md.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core_harness.llm import Asked, Journal, Settings, ask_all
from core_harness_plugins.llms.litellm import LiteLLM
from llm.askers import small_prompts
from llm.raw_server import COMPLETION, completion, http, raw_server

pytestmark = pytest.mark.slow  # litellm is imported, and some cases take seconds to be given up

PROVIDERS = ["hosted_vllm", "openai"]
HANGS = 60.0
"""Seconds from which on a case hangs: far more than its limits, on a machine that does other things too."""
BRIEF = Settings(attempts=1, timeout=5.0)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-openai")
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", "sk-secret-of-mine")


@pytest.fixture(autouse=True)
def _does_not_hang() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < HANGS


def ask(url: str, provider: str = "hosted_vllm", settings: Settings = BRIEF, prompts: int = 1) -> Asked:
    llm = LiteLLM(model=f"{provider}/m", api_base=url)
    texts = [f"t{n}" for n in range(prompts)]
    return ask_all(llm, small_prompts(texts), journal=Journal(None), settings=settings)


def cause(response: bytes | Callable[[], AsyncIterator[bytes]], provider: str = "hosted_vllm") -> str:
    """Return why the one prompt failed; it did, and the run went on to its end."""
    with raw_server(response) as (url, heads):
        asked = ask(url, provider)
        assert len(heads) == 1
    (row,) = asked.replies.to_dicts()
    assert (row["status"], asked.summary.failed, asked.summary.ended) == ("failed", 1, None)
    found: str = row["cause"]
    assert "\n" not in found
    assert len(found) < 600
    assert "sk-secret" not in found
    return found


def test_a_good_reply_of_this_server_is_an_answer() -> None:
    packed = http(gzip.compress(json.dumps(COMPLETION).encode()), "content-encoding: gzip")
    for response in (completion(), packed):
        for provider in PROVIDERS:
            with raw_server(response) as (url, heads):
                asked = ask(url, provider)
            assert asked.replies["text"].to_list() == ["ANSWER: yes"]
            assert (asked.summary.prompt_tokens, asked.summary.completion_tokens) == (9, 3)
            assert b"\r\naccept-encoding: gzip\r\n" in heads[0].lower()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_a_redirect_to_another_server_is_refused_with_both_names(provider: str, status: str) -> None:
    with raw_server(completion()) as (other, got):
        moved = http(b"", f"location: {other}/chat/completions", status=status)
        with raw_server(moved) as (url, heads):
            asked = ask(url, provider, Settings(), prompts=30)
        assert len(heads) <= 8
    assert got == []
    assert asked.summary.ended is not None
    here, there = (address.removesuffix("/v1") for address in (url, other))
    assert asked.summary.ended.startswith(f"{here} redirects to {there}, where nothing was sent")


@pytest.mark.parametrize(
    "location", ["ftp://x/", "//elsewhere.invalid/v1", "http://[", "https://127.0.0.1/", "http://\x7f/"]
)
def test_a_redirect_to_anything_else_is_refused_too(location: str) -> None:
    with raw_server(http(b"", f"location: {location}", status="308 Permanent Redirect")) as (url, _):
        asked = ask(url)
    assert asked.summary.ended is not None
    assert "redirects to" in asked.summary.ended


def test_a_redirect_that_goes_round_in_circles_ends() -> None:
    assert cause_of_redirect("/v1/chat/completions").startswith(("500", "the reply"))


def cause_of_redirect(location: str) -> str:
    with raw_server(http(b"", f"location: {location}", status="307 Temporary Redirect")) as (url, _):
        asked = ask(url)
    (found,) = asked.replies["cause"].to_list()
    assert found is not None
    return str(found)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("retry-after: 3600", "asks to wait 3,600 s"),
        ("retry-after: Fri, 15 Jan 2038 08:00:00 GMT", "asks to wait "),
        ("retry-after-ms: 36000000", "asks to wait 36,000 s"),
    ],
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_that_asks_for_an_hour_ends_the_run(header: str, reason: str, provider: str) -> None:
    busy = http(b'{"error": {"message": "slow down"}}', header, status="429 Too Many Requests")
    with raw_server(busy) as (url, heads):
        asked = ask(url, provider, Settings(), prompts=30)
        assert len(heads) <= 8
    assert asked.summary.ended is not None
    assert reason in asked.summary.ended
    assert asked.summary.ended.startswith(url.split("/")[2])
    assert "429: " in asked.summary.ended
    assert asked.summary.ended.endswith("--max-wait is 600 s")
    assert asked.summary.not_asked == 30


@pytest.mark.parametrize("value", ["NaN", "inf", "-5", "9" * 400, "soon", "Mon, 99 Foo 2037", ""])
def test_a_pause_that_is_none_is_not_waited_for(value: str) -> None:
    busy = http(b"{}", f"retry-after: {value}", f"retry-after-ms: {value}", status="429 Too Many Requests")
    with raw_server(busy) as (url, heads):
        asked = ask(url, settings=Settings(attempts=2, backoff=0.001))
        assert len(heads) == 2
    assert asked.summary.failed == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_reply_without_end_is_left_at_its_limit(provider: str) -> None:
    async def send() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
        while True:
            yield b" " * 65_536

    assert cause(send, provider) == "the reply has more than 4,194,304 bytes (attempt 1)"


def test_an_error_without_end_is_left_at_its_limit() -> None:
    async def send() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/html\r\n\r\n"
        while True:
            yield b"<p>" * 20_000

    assert cause(send) == "the reply has more than 4,194,304 bytes (attempt 1)"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = http(gzip.compress(b" " * (200 << 20)), "content-encoding: gzip")
    assert len(bomb) < 300_000
    assert cause(bomb) == "the reply has more than 4,194,304 bytes (attempt 1)"


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("where", ["head", "body"])
def test_a_drip_without_end_is_given_up(provider: str, where: str) -> None:
    async def send() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        if where == "body":
            yield b"\r\n{"
        while True:
            await asyncio.sleep(0.1)
            yield b"x-drip: drop\r\n" if where == "head" else b" "

    with raw_server(send) as (url, _):
        asked = ask(url, provider, Settings(attempts=1, timeout=2.0))
        model = LiteLLM(model=f"{provider}/m", api_base=url, timeout=1.0)
        own = ask_all(model, small_prompts(["t"]), journal=Journal(None), settings=BRIEF)
    assert asked.replies["cause"].to_list() == ["no reply within 2 s (attempt 1)"]
    assert own.replies["cause"].to_list() == ["no reply within 1 s (attempt 1)"]


def test_half_a_body_is_a_failure() -> None:
    whole = completion()
    packed = gzip.compress(json.dumps(COMPLETION).encode())
    chunked = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n40\r\n{"
    )
    for half in (whole[:-20], whole.split(b"\r\n\r\n")[0] + b"\r\n\r\n", chunked):
        assert cause(half)
    assert cause(http(packed[:-20], "content-encoding: gzip")) == "the reply ends before its end (attempt 1)"


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (http(b"<html><h1>Sign in</h1></html>", kind="text/html"), "the reply is 'text/html', wanted JSON"),
        (http(json.dumps(COMPLETION).encode(), kind="text/plain"), "the reply is 'text/plain', wanted JSON"),
        (http(b"data: {}\n\n", kind="text/event-stream"), "the reply is 'text/event-stream', wanted JSON"),
        (http(b"<html>"), "the reply is no JSON"),
        (http(b""), "the reply is no JSON"),
        (http(b"\xff\xfe\x00"), "the reply is no JSON"),
        (http(b"[" * 200_000), "the reply is no JSON"),
        (http(b"[1]"), "the reply is a JSON list, wanted an object"),
        (http(b'{"a": NaN}'), "the reply is no JSON: NaN is no JSON number"),
        (http(b"no gzip", "content-encoding: gzip"), "the reply says that it is gzip, and is not"),
        (http(b"x", "content-encoding: zstd"), "the reply is packed as 'zstd', which was not asked for"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ""),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200_000 + b"\r\n", ""),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2_000_000 + b"\r\n\r\n", ""),
        (b"", ""),
    ],
    ids=lambda value: repr(value)[:40],
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_no_reply_is_a_failure_with_its_reason(response: bytes, reason: str, provider: str) -> None:
    assert cause(response, provider).startswith(reason)


def _choice(**changes: Any) -> list[dict[str, Any]]:
    return [COMPLETION["choices"][0] | changes]


def _logprobs(value: Any, token: Any = "yes") -> bytes:
    """Return a reply whose log-probabilities hold a value."""
    top = [{"token": token, "logprob": value, "bytes": None}]
    tokens = [
        {"token": "ANSWER: ", "logprob": -0.1, "bytes": None, "top_logprobs": []},
        {"token": "yes", "logprob": -0.1, "bytes": None, "top_logprobs": top},
    ]
    return completion(choices=_choice(logprobs={"content": tokens}))


_COUNTS = (dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), n) for n in (10**30, -1))


@pytest.mark.parametrize(
    "response",
    [
        _logprobs(float("nan")),
        _logprobs("high"),
        _logprobs(None),
        _logprobs([]),
        _logprobs(-0.1, token=None),
        _logprobs(-0.1, token=5),
        *(completion(usage=counts) for counts in _COUNTS),
        completion(usage={"prompt_tokens": "many", "completion_tokens": 3, "total_tokens": 3}),
        completion(usage=7),
        completion(choices=5),
        completion(choices=[]),
        completion(choices=[None]),
        completion(choices=[{}]),
        completion(choices=_choice(message=None)),
        completion(choices=_choice(message={"role": "assistant", "content": None})),
        completion(choices=_choice(message={"role": "assistant", "content": {"a": 1}})),
        completion(choices=_choice(message={"role": "assistant", "content": ["yes"]})),
        http(b'{"error": {"message": "out of order"}}'),
        http(b"{}"),
    ],
    ids=lambda value: repr(value)[-60:],
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_reply_of_another_shape_fails_or_is_an_answer(response: bytes, provider: str) -> None:
    with raw_server(response) as (url, _):
        asked = ask(url, provider)
    (row,) = asked.replies.to_dicts()
    assert asked.summary.ended is None
    if row["status"] == "failed":
        assert row["cause"]
    else:  # what was odd was no part of the answer
        assert row["text"] == "ANSWER: yes"
        assert asked.summary.charged_tokens < 10**7


@pytest.mark.parametrize("provider", PROVIDERS)
def test_log_probabilities_that_are_none_and_impossible_counts_are_failures(provider: str) -> None:
    assert cause(_logprobs(float("nan")), provider).startswith("the reply is no JSON: NaN is")
    huge = {"prompt_tokens": 10**8, "completion_tokens": 1, "total_tokens": 10**8 + 1}
    assert cause(completion(usage=huge), provider).startswith("the reply counts 100000000 prompt tokens")


def test_tokens_of_replies_that_are_none_are_counted_as_the_provider_did() -> None:
    with raw_server(completion(choices=[])) as (url, _):
        summary = ask(url, settings=Settings(attempts=3, backoff=0.001)).summary
    assert (summary.calls, summary.prompt_tokens, summary.completion_tokens) == (3, 27, 9)
    assert summary.charged_tokens == 36


def test_a_server_without_a_trusted_certificate_ends_the_run(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=me",
    ]
    made += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    for provider in PROVIDERS:
        with raw_server(completion(), tls=tls) as (url, heads):
            asked = ask(url, provider, Settings(), prompts=30)
            assert heads == []
        assert asked.summary.ended is not None
        assert asked.summary.ended.startswith(f"{url.split('/')[2]}: no encrypted connection: ")
        assert "certificate" in asked.summary.ended.lower()


def test_a_server_that_speaks_no_tls_ends_the_run() -> None:
    with raw_server(completion()) as (url, _):
        asked = ask(url.replace("http:", "https:"), settings=Settings(), prompts=30)
    assert asked.summary.ended is not None
    assert "no encrypted connection" in asked.summary.ended


def test_a_server_at_an_address_of_ipv6_is_asked() -> None:
    try:
        with raw_server(completion(), host="::1") as (url, _):
            for provider in PROVIDERS:
                assert ask(url, provider).replies["text"].to_list() == ["ANSWER: yes"]
    except OSError as error:
        pytest.skip(f"no IPv6 on this machine: {error}")


def test_nothing_at_the_address_ends_the_run() -> None:
    with raw_server(b"") as (url, _):
        pass
    asked = ask(url, settings=Settings(attempts=2, backoff=0.001), prompts=60)
    assert asked.summary.ended is not None
    assert asked.summary.ended.startswith("20 prompts failed")
