"""Any model that litellm can reach. It is imported only when it is used."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any, Literal
from urllib.parse import urlsplit

from core_harness.errors import UsageError
from core_harness.llm import (
    FORMS,
    WORDS,
    Form,
    Price,
    Provider,
    Reply,
    Request,
    Tokens,
    Transient,
    is_secret,
    json_schema,
    prompt_bound,
)
from core_harness_plugins.llms.litellm_errors import failure_of
from core_harness_plugins.llms.litellm_import import imported as _litellm
from core_harness_plugins.llms.litellm_reply import reply_of
from core_harness_plugins.llms.transport import watched

GIVE_LOGPROBS = frozenset(
    {
        "dashscope",
        "fireworks_ai",
        "groq",
        "hosted_vllm",
        "nebius",
        "novita",
        "openai",
        "openrouter",
        "together_ai",
    }
)
"""Providers whose log-probabilities arrive whole; deepinfra's and ollama's do not."""

_HOSTS = {
    "anthropic": "api.anthropic.com",
    "gemini": "generativelanguage.googleapis.com",
    "openai": "api.openai.com",
}
"""Addresses of these providers; litellm knows those of the others."""

_ADDRESS_VARIABLES = {
    "anthropic": ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"),
    "ollama_chat": ("OLLAMA_API_BASE",),
    "openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
}
"""Where litellm reads addresses from, if not from ``<PROVIDER>_API_BASE``."""

_NO_LIMIT = 86_400.0
"""Seconds: litellm limits the silence between two bytes, and a call is limited as a whole."""

Default = Literal["default"]
"""The provider's own default."""


@dataclass(frozen=True)
class _Route:
    """How a model is reached, and what it takes."""

    address: str
    logprobs: bool
    structured: bool
    thinking: Mapping[str, Any]


class LiteLLM:
    """A model by its litellm name. Keys come from the environment only, under litellm's names for them.

    Parameters
    ----------
    model
        ``provider/model``, e.g. ``hosted_vllm/Qwen/Qwen3.5-9B`` for your own server.
    api_base
        Address of the server, in place of ``<PROVIDER>_API_BASE`` of the environment and of the provider's.
    key_variable
        Name of the environment variable that holds the key, in place of litellm's name for it.
    price
        In place of litellm's list. An address in the environment is another server's, where neither price
        holds.
    temperature
        Of sampling; ``"default"`` leaves it to the provider (some models take no other).
    max_tokens
        Tokens of the visible answer at most.
    thinking_tokens
        Tokens of thinking allowed on top; 0 switches thinking off where that can be done. ``"default"``
        leaves it to the provider, within ``max_tokens``.
    timeout
        Seconds that a call may take, where less than ``--timeout`` of the run; None sets no limit of its own.
    top_logprobs
        Alternatives asked for at each token, where form and provider have log-probabilities; 0 asks for none.
    """

    def __init__(
        self,
        *,
        model: str = "",
        api_base: str = "",
        key_variable: str = "",
        price: Price | None = None,
        temperature: float | Default = 0.0,
        max_tokens: int = 1024,
        thinking_tokens: int | Default = "default",
        timeout: float | None = None,
        top_logprobs: int = 5,
    ) -> None:
        self.model = model
        self.api_base = api_base
        self.key_variable = key_variable
        self.price = price
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.thinking_tokens = thinking_tokens
        self.timeout = timeout
        self.top_logprobs = top_logprobs
        if key_variable and not is_secret(key_variable):  # it may be a key: it is not repeated
            raise UsageError(
                "the llm parameter key_variable is the name of an environment variable that ends in _KEY or "
                "_TOKEN, e.g. OPENAI_API_KEY"
            )

    def identity(self) -> Mapping[str, object]:
        """Return what changes an answer. A run that lacks no answer imports litellm no further than here."""
        return {
            "llm": "litellm",
            "model": self.model,
            "api_base": self._address,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "thinking_tokens": self.thinking_tokens,
            "top_logprobs": self.top_logprobs,
            "schemas": _schemas_digest(),
        }

    def describe(self) -> Provider:
        """Return the provider.

        Raises :class:`UsageError` for an unknown model, a missing key, or a parameter that the model does
        not take. Sends nothing.
        """
        route = self._route
        self._check_key()
        self._check_parameters()
        return Provider(
            model=self.model, host=urlsplit(route.address).netloc or route.address, price=self._price()
        )

    def upper_bound(self, request: Request) -> Tokens:
        """Return the most tokens of a request: its bytes, and the bounds of answer and thinking."""
        return Tokens(prompt_bound(request, extra=_schema_text(request.form)), self._most_generated)

    async def ask(self, request: Request) -> Reply:
        """Send the request once, with litellm's own retries switched off."""
        litellm = _litellm()
        with watched() as call:
            try:
                async with asyncio.timeout(self.timeout):
                    response = await litellm.acompletion(
                        model=self.model,
                        messages=[{"role": turn.role, "content": turn.content} for turn in request.messages],
                        timeout=_NO_LIMIT,
                        max_retries=0,
                        **self._parameters(request.form),
                    )
                return reply_of(response)
            except TimeoutError:
                if self.timeout is None:
                    raise
                raise Transient(f"no reply within {self.timeout:g} s") from None
            except Exception as error:
                # litellm may raise anything of a reply that it does not expect
                if not call.replied and not isinstance(error, litellm.openai.OpenAIError):
                    raise
                raise failure_of(error, call) from None

    def _parameters(self, form: Form) -> dict[str, Any]:
        route = self._route
        parameters = {"max_tokens": self._most_generated, **route.thinking}
        if self._address:
            parameters["api_base"] = self._address
        if self.key_variable:
            parameters["api_key"] = os.environ.get(self.key_variable, "")
        if self.temperature != "default":
            parameters["temperature"] = self.temperature
        if route.logprobs and form in WORDS and self.top_logprobs:
            parameters |= {"logprobs": True, "top_logprobs": self.top_logprobs}
        if route.structured:
            schema = {"name": form.replace("-", "_"), "strict": True, "schema": json_schema(form)}
            parameters["response_format"] = {"type": "json_schema", "json_schema": schema}
        return parameters

    @property
    def _most_generated(self) -> int:
        return self.max_tokens + (0 if self.thinking_tokens == "default" else self.thinking_tokens)

    @cached_property
    def _address(self) -> str:
        """The address that was given, here or in the environment; empty for the provider's own."""
        address = self.api_base or next(
            (value for name in _address_variables(self.model) if (value := os.environ.get(name))), ""
        )
        parts = urlsplit(address)
        if address and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise UsageError(f"api base {address!r} is no address such as http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query:
            raise UsageError(
                f"the api base at {parts.hostname} holds a name, a password or a query; "
                "keys are read from the environment only"
            )
        return address

    @cached_property
    def _route(self) -> _Route:
        litellm = _litellm()
        try:
            name, provider, _, own = litellm.get_llm_provider(self.model, api_base=self._address or None)
        except litellm.BadRequestError:
            close = difflib.get_close_matches(self.model, litellm.model_list, n=3)
            guess = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
            raise UsageError(
                f"unknown model {self.model!r}{guess} (`core-harness models` lists aliases; any other is "
                "provider/model, as litellm names it)"
            ) from None
        if provider == "hosted_vllm" and not self._address:
            raise UsageError(
                f"model {self.model!r} needs the address of a server: "
                "give --api-base, or set HOSTED_VLLM_API_BASE"
            )
        takes = set(litellm.get_supported_openai_params(name, provider) or ())
        return _Route(
            address=self._address or own or _HOSTS.get(provider) or f"{provider}, at its own address",
            logprobs=provider in GIVE_LOGPROBS and {"logprobs", "top_logprobs"} <= takes,
            structured="response_format" in takes and litellm.supports_response_schema(name, provider),
            thinking=_thinking(self.thinking_tokens, provider, takes),
        )

    def _check_key(self) -> None:
        if self.key_variable:
            if not os.environ.get(self.key_variable):
                raise UsageError(
                    f"model {self.model!r} needs {self.key_variable} in the environment; nothing was sent"
                )
            return
        environment = _litellm().validate_environment(self.model, api_base=self._address or None)
        if not environment["keys_in_environment"]:
            missing = " and ".join(environment["missing_keys"]) or "its key"
            raise UsageError(f"model {self.model!r} needs {missing} in the environment; nothing was sent")

    def _check_parameters(self) -> None:
        litellm = _litellm()
        name, provider, _, _ = litellm.get_llm_provider(self.model, api_base=self._address or None)
        parameters = self._parameters("yes-no")
        for name_of_where in ("api_base", "api_key"):
            parameters.pop(name_of_where, None)
        try:
            litellm.utils.get_optional_params(model=name, custom_llm_provider=provider, **parameters)
        except litellm.UnsupportedParamsError as error:
            # the second half of litellm's message advises to drop parameters in silence
            cause = str(error).partition(" To drop")[0].removeprefix("litellm.UnsupportedParamsError: ")
            raise UsageError(
                f"model {self.model!r} cannot be asked like this: {cause} "
                "(temperature=default and top_logprobs=0 leave them out)"
            ) from None

    def _price(self) -> Price | None:
        """Return the given price, else litellm's, unless the address is another server's."""
        if self.price is not None and self._address == self.api_base:
            return self.price
        prices = _litellm().model_cost
        known = prices.get(self.model) or prices.get(self.model.partition("/")[2]) or {}
        if self._address or known.get("input_cost_per_token") is None:
            return None
        return Price(
            prompt=1e6 * known["input_cost_per_token"],
            completion=1e6 * known.get("output_cost_per_token", 0.0),
            date=f"litellm {version('litellm')}",
        )


def _address_variables(model: str) -> tuple[str, ...]:
    if not model:
        raise UsageError("the llm litellm needs a model, e.g. --model hosted_vllm/Qwen/Qwen3.5-9B")
    provider, slash, _ = model.partition("/")
    if not slash:  # a bare name, whose provider only litellm knows
        try:
            provider = _litellm().get_llm_provider(model)[1]
        except _litellm().BadRequestError:
            return ()
    return _ADDRESS_VARIABLES.get(provider, (f"{provider.upper()}_API_BASE",))


def _thinking(tokens: int | Default, provider: str, takes: set[str]) -> dict[str, Any]:
    """Return the parameters that bound thinking, or switch it off, in the words of a provider."""
    if tokens == "default":
        return {}
    if provider == "hosted_vllm":  # the chat template decides; max_tokens is the bound
        return {"extra_body": {"chat_template_kwargs": {"enable_thinking": tokens > 0}}}
    if tokens and "thinking" in takes:
        return {"thinking": {"type": "enabled", "budget_tokens": tokens}}
    efforts = {0: "none", 1024: "low", 4096: "medium"}
    effort = {"reasoning_effort": next((word for most, word in efforts.items() if tokens <= most), "high")}
    if provider == "deepinfra":  # it takes what litellm does not know of
        return {"extra_body": effort}
    return effort if "reasoning_effort" in takes else {}


@cache
def _schema_text(form: Form) -> str:
    return json.dumps(json_schema(form), sort_keys=True)


@cache
def _schemas_digest() -> str:
    return hashlib.sha256("".join(map(_schema_text, FORMS)).encode()).hexdigest()[:16]
