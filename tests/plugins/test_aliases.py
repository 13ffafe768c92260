"""What the aliases of the registry send, looked at where it arrives: through litellm's real HTTP client."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import Any

import pytest

from core_harness.evaluation.models import make_model
from core_harness.evaluation.spec import RunSpec
from core_harness.llm import Message, Permanent, Request, Transient
from core_harness.plugins.catalog import catalog
from core_harness.registry.entries import Route
from core_harness.registry.loading import shipped_registry
from core_harness_plugins.llms.litellm_import import imported as _litellm

MODELS = shipped_registry().models
REQUEST = Request(messages=(Message("user", "Gene: G"),), form="yes-no", items=("G",))
KEY = "sk-secret-of-this-provider"
ROUTES = [(name, route) for name, entry in MODELS.items() for route in entry.routes]

THINKING: dict[str, dict[str, Any]] = {
    "anthropic/claude-haiku-4-5": {},  # it thinks when asked to
    "anthropic/claude-sonnet-5-5": {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
    "deepinfra/Qwen/Qwen3.5-9B": {"reasoning_effort": "none"},
    "deepseek/deepseek-v4-flash": {"thinking": {"type": "disabled"}},
    "gemini/gemini-3.8-flash": {"thinkingConfig": {"thinkingLevel": "low", "includeThoughts": False}},
    "hosted_vllm/Qwen/Qwen3.5-9B": {"chat_template_kwargs": {"enable_thinking": False}},
    "mistral/mistral-large-4": {"reasoning_effort": "none"},
    "openai/gpt-4.1": {},  # it cannot think
    "openai/gpt-5.4-mini": {"reasoning_effort": "none"},
    "openai/gpt-5.6": {"reasoning_effort": "none"},
    "together_ai/Qwen/Qwen3.5-9B": {"reasoning": {"enabled": False}},
}
WORDS = {
    "thinking",
    "output_config",
    "reasoning_effort",
    "reasoning",
    "chat_template_kwargs",
    "thinkingConfig",
}
BOUNDS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@dataclass
class Listener:
    """Takes any request of any protocol, keeps it, and turns it away."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    kept = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            kept.bodies.append({**body, **body.get("generationConfig", {})})
            kept.headers.append(str(self.headers))
            self.send_response(400)
            self.end_headers()
            self.wfile.write(b'{"error": {"message": "no"}}')

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kept.url = f"http://127.0.0.1:{server.server_port}"
        yield kept
        server.shutdown()


def alone(name: str, route: Route, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the alias's model with one route's key set and the provider's address set to the listener."""
    for other in {other.key for _, other in ROUTES if other.key}:
        monkeypatch.delenv(other, raising=False)
    if route.key is not None:
        monkeypatch.setenv(route.key, KEY)
    monkeypatch.setenv(f"{route.provider.upper()}_API_BASE", listener.url)
    made = make_model(RunSpec(model=name), shipped_registry(), catalog())
    assert made is not None
    return made


@pytest.mark.slow
@pytest.mark.parametrize(("name", "route"), ROUTES, ids=lambda value: getattr(value, "model", value))
def test_what_an_alias_sends(
    name: str, route: Route, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = alone(name, route, listener, monkeypatch)
    llm = made.object
    assert llm.describe().host == listener.url.removeprefix("http://")
    with suppress(Permanent, Transient):
        asyncio.run(llm.ask(REQUEST))
    (body,) = listener.bodies
    # all that is generated, thinking too, is bounded by what the budget reserves
    (bound,) = (body[word] for word in BOUNDS if word in body)
    assert bound == llm.upper_bound(REQUEST).completion <= 2048
    assert {word: body[word] for word in WORDS & body.keys()} == THINKING[route.model]
    assert bool(body.get("logprobs")) == route.logprobs
    # a temperature of 0, unless the model is to be left its own
    free = MODELS[name].parameters.get("temperature") == "default"
    assert (body.get("temperature") != 0.0) == free
    if route.key is not None:
        assert KEY in listener.headers[0]
        assert KEY not in json.dumps(made.reference.parameters, default=str)
        assert KEY not in json.dumps(llm.identity())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "route"), ROUTES, ids=lambda value: getattr(value, "model", value))
def test_prices_are_those_of_litellms_list(name: str, route: Route) -> None:
    prices = _litellm().model_cost
    known = prices.get(route.model) or prices.get(route.model.partition("/")[2])
    if route.price is None:
        assert known is None
        return
    if version("litellm") not in route.price.date:
        pytest.skip(f"the registry has prices of {route.price.date}")
    sent = {known["input_cost_per_token"]}
    if route.provider == "openai":  # it keeps prompts unasked
        sent.add(known.get("cache_creation_input_token_cost") or 0)
    assert route.price.prompt == pytest.approx(1e6 * max(sent))
    assert route.price.completion == pytest.approx(1e6 * known["output_cost_per_token"])


def test_the_price_of_an_alias_holds_at_its_provider_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOGETHERAI_API_KEY", KEY)
    monkeypatch.delenv("TOGETHER_AI_API_BASE", raising=False)

    def price(**parameters: Any) -> Any:
        spec = RunSpec(model="qwen", parameters={"llm": parameters})
        made = make_model(spec, shipped_registry(), catalog())
        assert made is not None
        return made.object.describe().price

    (qwen, _) = MODELS["qwen"].routes
    assert qwen.price is not None
    assert price().prompt == qwen.price.prompt
    assert price().date == qwen.price.date
    assert price(api_base="http://127.0.0.1:9/v1") is None
    monkeypatch.setenv("TOGETHER_AI_API_BASE", "http://127.0.0.1:9/v1")
    assert price() is None
