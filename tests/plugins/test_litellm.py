from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pytest

from core_harness.errors import UsageError
from core_harness.llm import PROMPTS, Cache, Journal, Permanent, Request, Transient, ask_all
from core_harness.llm.answers import parse_replies
from core_harness.llm.formats import YES_NO
from core_harness.llm.messages import LLM, Message
from core_harness.testing import TestServer
from core_harness.testing.reading import Item, Reading
from core_harness.testing.scripted import always_plausible
from core_harness_plugins.llms.litellm import LiteLLM
from core_harness_plugins.llms.litellm_errors import failure_of, retry_after
from core_harness_plugins.llms.litellm_import import imported as _litellm
from core_harness_plugins.llms.litellm_reply import reply_of
from core_harness_plugins.llms.transport import Call

ADDRESS = "http://127.0.0.1:9/v1"
REQUEST = Request(messages=(Message("user", "Gene: G"),), form="yes-no", items=("G",))


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("OPENAI", "HOSTED_VLLM", "TOGETHER_AI", "TOGETHERAI", "ANTHROPIC", "GEMINI"):
        for name in ("API_KEY", "API_BASE", "BASE_URL"):
            monkeypatch.delenv(f"{provider}_{name}", raising=False)


@pytest.fixture
def server() -> Iterator[TestServer]:
    with TestServer(model="always-plausible") as running:
        yield running


def prompt(
    text: str = "Gene: G", *, form: str = "yes-no", items: tuple[str, ...] = ("G",), sample: int = 0
) -> Any:
    row: tuple[Any, ...] = (0, sample, form, "", text, list(items), [])
    return pl.DataFrame([row], schema=dict(PROMPTS), orient="row")


def ask(llm: LLM, prompts: pl.DataFrame, cache: Cache | None = None) -> Any:
    with Journal(None, cache=cache) as journal:
        return ask_all(llm, prompts, journal=journal)


def test_it_is_an_llm() -> None:
    assert isinstance(LiteLLM(), LLM)


@pytest.mark.parametrize("model", ["hosted_vllm/m", "openai/m", "together_ai/Qwen/Qwen3.5-9B"])
def test_the_value_is_the_probability_that_the_model_gave(
    model: str, server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefgh")
    monkeypatch.setenv("TOGETHERAI_API_KEY", "sk-abcdefgh")
    asked = ask(LiteLLM(model=model, api_base=server.url), prompt())
    (reply,) = asked.replies.to_dicts()
    expected = always_plausible(Reading("yes-no", "", [], []), Item("G", [], []))
    (answer,) = parse_replies(prompt(), asked.replies).to_dicts()
    assert answer["value"] == pytest.approx(expected)
    assert reply["model"] == "simulated/always-plausible"
    assert reply["finish"] == "stop"
    assert asked.summary.simulated
    assert reply["text"].startswith("{")  # as the schema wants it
    assert (reply["prompt_tokens"], reply["completion_tokens"]) == (
        server.stats.prompt_tokens,
        server.stats.completion_tokens,
    )


def test_grades_need_no_probabilities(server: TestServer) -> None:
    grades = prompt("Perturbation: A\nCandidate: B", form="grades", items=("B",))
    asked = ask(LiteLLM(model="hosted_vllm/m", api_base=server.url), grades)
    assert asked.replies["logprobs"].to_list() == [None]
    assert parse_replies(grades, asked.replies)["status"].to_list() == ["ok"]


def test_what_changes_an_answer_misses_the_cache(tmp_path: Path, server: TestServer) -> None:
    with TestServer(model="always-plausible") as other, Cache(tmp_path / "cache.sqlite") as cache:

        def sent(llm: LiteLLM, prompts: pl.DataFrame) -> int:
            before = server.stats.requests + other.stats.requests
            ask(llm, prompts, cache)
            return server.stats.requests + other.stats.requests - before

        def model(**changes: Any) -> LiteLLM:
            return LiteLLM(**({"model": "hosted_vllm/m", "api_base": server.url} | changes))

        assert sent(model(), prompt()) == 1
        assert sent(model(), prompt()) == 0
        assert sent(model(timeout=7.0), prompt()) == 0
        for change in (
            {"model": "hosted_vllm/n"},
            {"api_base": other.url},
            {"temperature": 0.5},
            {"temperature": "default"},
            {"max_tokens": 512},
            {"thinking_tokens": 0},
            {"top_logprobs": 0},
            {"structured": "off"},
        ):
            assert sent(model(**change), prompt()) == 1, change
        assert sent(model(), prompt("Gene: G.")) == 1  # another version of the prompt
        assert sent(model(), prompt(sample=1)) == 1


def test_the_address_may_come_from_the_environment(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", server.url)
    llm = LiteLLM(model="hosted_vllm/m")
    assert llm.identity() == LiteLLM(model="hosted_vllm/m", api_base=server.url).identity()
    assert llm.describe().host == server.url.split("/")[2]
    assert ask(llm, prompt()).summary.from_provider == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "needs a model"),
        ({"model": "gpt4o"}, r"unknown model 'gpt4o'; did you mean .*gpt-4o"),
        ({"model": "openai/gpt-4o"}, "needs OPENAI_API_KEY in the environment; nothing was sent"),
        ({"model": "gpt-4o"}, "needs OPENAI_API_KEY"),
        ({"model": "together_ai/Qwen/Qwen3.5-9B"}, "needs TOGETHERAI_API_KEY"),
        ({"model": "hosted_vllm/m"}, "give --api-base, or set HOSTED_VLLM_API_BASE"),
        ({"model": "hosted_vllm/m", "api_base": "localhost:8000"}, "is no address such as"),
        ({"model": "hosted_vllm/m", "api_base": "http://[::1"}, "is no address such as"),
        ({"model": "hosted_vllm/m", "api_base": "http://host:99999/v1"}, "is no address such as"),
        ({"model": "hosted_vllm/m", "api_base": "ftp://me:sk-abc@host/"}, "is no address such as"),
        (
            {"model": "hosted_vllm/m", "api_base": "http://me:sk-abc@host/v1"},
            "keys are read from the environment",
        ),
        (
            {"model": "hosted_vllm/m", "api_base": "http://host/v1?key=sk-abc"},
            "keys are read from the environment",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_one_line(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        ask(LiteLLM(**parameters), prompt())
    assert "sk-abc" not in str(error.value)


def test_a_parameter_that_the_model_does_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefgh")
    with pytest.raises(UsageError, match=r"'gpt-5-mini' cannot be asked like this: .*temperature=0") as error:
        LiteLLM(model="gpt-5-mini").describe()
    assert "drop" not in str(error.value)
    LiteLLM(model="gpt-5-mini", temperature="default").describe()


def test_prices_are_dated_and_none_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefgh")
    price = LiteLLM(model="gpt-4o").describe().price
    assert price is not None
    assert 0 < price.prompt < price.completion
    assert price.date.startswith("litellm 1.")
    assert LiteLLM(model="gpt-4o", api_base=ADDRESS).describe().price is None
    assert LiteLLM(model="openai/no-such-model").describe().price is None


def test_answers_are_bounded() -> None:
    llm = LiteLLM(model="hosted_vllm/m", api_base=ADDRESS, max_tokens=100, thinking_tokens=50)
    bound = llm.upper_bound(REQUEST)
    assert bound.completion == 150
    longer = replace(REQUEST, messages=(Message("user", "Gene: G" + "ü" * 10),))
    assert llm.upper_bound(longer).prompt == bound.prompt + 20


@pytest.mark.parametrize(
    ("model", "tokens", "expected"),
    [
        ("hosted_vllm/m", "default", {}),
        ("hosted_vllm/m", 0, {"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}}),
        ("hosted_vllm/m", 99, {"extra_body": {"chat_template_kwargs": {"enable_thinking": True}}}),
        ("anthropic/claude-sonnet-4-5", 2000, {"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        ("anthropic/claude-sonnet-4-5", 0, {"reasoning_effort": "none"}),
        ("gpt-5.1", 1024, {"reasoning_effort": "low"}),
        ("gpt-5.1", 9000, {"reasoning_effort": "high"}),
        ("gpt-4o", 0, {}),
    ],
)
def test_thinking_is_bounded(
    model: str, tokens: int | Literal["default"], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for provider in ("OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{provider}_API_KEY", "sk-abcdefgh")
    llm = LiteLLM(
        model=model, api_base=ADDRESS, thinking_tokens=tokens, temperature="default", top_logprobs=0
    )
    llm.describe()  # litellm takes it
    parameters = llm._parameters(Request(messages=(), form="grades", items=("G",)))
    assert parameters.pop("max_tokens") == 1024 + (0 if tokens == "default" else tokens)
    parameters.pop("response_format", None)
    assert parameters.pop("api_base") == ADDRESS
    assert parameters == expected


@pytest.mark.slow
def test_an_answered_run_does_not_import_litellm() -> None:
    program = (
        "import sys\n"
        "from core_harness_plugins.llms.litellm import LiteLLM\n"
        f"LiteLLM(model='hosted_vllm/m', api_base='{ADDRESS}').identity()\n"
        "print('litellm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "soon"}, None),
        ({"retry-after-ms": "nan"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 -2359"}, 0.0),
        ({"retry-after": "Fri, 15 Jan 2038 08:00:00 GMT"}, 2_147_155_200.0 - NOW),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers, NOW) == expected


def failed(kind: str, **more: Any) -> Transient | Permanent:
    error = getattr(_litellm(), kind)(llm_provider="openai", model="m", **more)
    error.litellm_response_headers = {"retry-after": "3"}
    return failure_of(error, Call())


def test_what_failures_mean() -> None:
    busy = failed("RateLimitError", message="slow down")
    assert isinstance(busy, Transient)
    assert (busy.retry_after, busy.turned_away) == (3.0, True)
    broken = failed("InternalServerError", message="OpenAIException - Connection error.")
    assert isinstance(broken, Transient)
    assert (str(broken), broken.turned_away) == ("500: Connection error.", False)
    unpaid = failed("RateLimitError", message="You exceeded your current quota")
    assert isinstance(unpaid, Permanent)
    assert unpaid.hopeless
    flagged = failed("BadRequestError", message="content policy")
    assert isinstance(flagged, Permanent)
    assert not flagged.hopeless
    page = failed("ServiceUnavailableError", message="OpenAIException - <html><b>Out</b> of\norder</html>")
    assert str(page) == "503: Out of order"


def response(content: str | None, finish: str, **usage: Any) -> Any:
    litellm = _litellm()
    return litellm.ModelResponse(
        model="m",
        choices=[{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content}}],
        usage=litellm.Usage(**usage),
    )


def test_replies_count_what_the_provider_counted() -> None:
    reply = reply_of(
        response(
            "x",
            "stop",
            prompt_tokens=9,
            completion_tokens=5,
            completion_tokens_details={"reasoning_tokens": 3},
        ),
        YES_NO,
    )
    assert (reply.prompt_tokens, reply.completion_tokens, reply.thinking_tokens) == (9, 5, 3)
    silent = reply_of(response("x", "stop"), YES_NO)
    assert silent.tokens is None


def test_an_empty_reply_is_one_only_with_a_reason() -> None:
    with pytest.raises(Transient, match="the reply is empty"):
        reply_of(response(None, "stop", prompt_tokens=9), YES_NO)
    assert reply_of(response(None, "length", prompt_tokens=9), YES_NO).finish == "length"
    assert reply_of(response("", "content_filter", prompt_tokens=9), YES_NO).finish == "content_filter"
