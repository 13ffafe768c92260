"""Any model that litellm can reach. It is imported only when it is used."""

from __future__ import annotations

import asyncio
import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any, Literal
from urllib.parse import urlsplit

from core_harness.errors import MissingKeyError, UnknownModelError, UsageError
from core_harness.llm import (
    BY_TOKEN,
    AnswerBy,
    Form,
    Price,
    Provider,
    Reply,
    Request,
    Tokens,
    Transient,
    is_secret,
    prompt_bound,
    words_of,
)
from core_harness.plugins.limits import Finite
from core_harness_plugins.llms.litellm_errors import failure_of
from core_harness_plugins.llms.litellm_import import imported as _litellm
from core_harness_plugins.llms.litellm_reply import read_parts, reply_of
from core_harness_plugins.llms.litellm_words import (
    CONTINUE,
    CONTINUED,
    GIVE_LOGPROBS,
    HOSTS,
    Structured,
    enforced,
    longest_form,
    schemas_digest,
    thinking,
)
from core_harness_plugins.llms.negotiation import EXTRAS, Negotiation
from core_harness_plugins.llms.transport import watched

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
    own: bool
    """Whether it is a server at an address that was given, which speaks the OpenAI protocol."""


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
    answer
        ``text``: the model writes its answer. ``token``: its answer line is begun, and one token is read, by
        servers that continue a last message (vLLM, llama.cpp).
    structured
        How a written answer is kept to its form, where the server can: ``json``, a schema; ``grammar``,
        answer lines (llama.cpp); ``off``, not at all.
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
        temperature: Finite | Default = 0.0,
        max_tokens: int = 1024,
        thinking_tokens: int | Default = "default",
        timeout: float | None = None,
        top_logprobs: int = 20,
        answer: AnswerBy = "text",
        structured: Structured = "json",
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
        self.answer = answer
        self.structured = structured
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
            "answer": self.answer,
            "structured": self.structured,
            "schemas": schemas_digest(),
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
        return Tokens(
            prompt_bound(request, extra=longest_form(request, self.structured)), self._most_generated
        )

    async def ask(self, request: Request) -> Reply:
        """Send the request once; until it is known what the server takes, perhaps again without that."""
        sent = {"structured": self._form(request), "logprobs": self._logprobs(request.form)}
        # a token without log-probabilities says nothing
        extras = frozenset(name for name in EXTRAS if sent[name] and request.form not in BY_TOKEN)
        return await self._negotiation.ask(lambda: self._ask(request), extras)

    async def _ask(self, request: Request) -> Reply:
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
                        **self._parameters(request),
                    )
                return reply_of(response, words_of(request.form))
            except TimeoutError:
                if self.timeout is None:
                    raise
                raise Transient(f"no reply within {self.timeout:g} s") from None
            except Exception as error:
                # litellm may raise anything of a reply that it does not expect
                if not call.replied and not isinstance(error, litellm.openai.OpenAIError):
                    raise
                raise failure_of(error, call) from None

    def _parameters(self, request: Request) -> dict[str, Any]:
        route, form = self._route, request.form
        parameters = {"max_tokens": self._most_generated, **route.thinking}
        if self._address:
            parameters["api_base"] = self._address
        if self.key_variable:
            parameters["api_key"] = os.environ.get(self.key_variable, "")
        if self.temperature != "default":
            parameters["temperature"] = self.temperature
        for more in (self._logprobs(form), self._form(request), CONTINUED if form in BY_TOKEN else {}):
            for name, value in more.items():
                both = isinstance(value, dict) and name in parameters
                parameters[name] = {**parameters[name], **value} if both else value
        return parameters

    def _logprobs(self, form: Form) -> dict[str, Any]:
        """Return the parameters that ask for log-probabilities; none where none are given."""
        refused = "logprobs" in self._negotiation.refused
        if refused or not self._route.logprobs or not words_of(form) or not self.top_logprobs:
            return {}
        return {"logprobs": True, "top_logprobs": self.top_logprobs}

    def _form(self, request: Request) -> dict[str, Any]:
        """Return the parameters that keep a written answer to its form; none where the server takes none."""
        if "structured" in self._negotiation.refused or not self._route.structured:
            return {}
        return enforced(request, self.structured, own=self._route.own)

    @cached_property
    def _negotiation(self) -> Negotiation:
        return Negotiation()

    @property
    def _most_generated(self) -> int:
        if self.answer == "token":
            return 1
        return self.max_tokens + (0 if self.thinking_tokens == "default" else self.thinking_tokens)

    @cached_property
    def _address(self) -> str:
        """The address that was given, here or in the environment; empty for the provider's own."""
        address = self.api_base or next(
            (value for name in _address_variables(self.model) if (value := os.environ.get(name))), ""
        )
        try:
            parts = urlsplit(address)
            whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            parts, whole = urlsplit(""), False
        if address and not whole:  # it is not shown: it may hold a password
            raise UsageError("the api base is no address such as http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query:
            raise UsageError(
                f"the api base at {parts.hostname} holds a name, a password or a query; "
                "keys are read from the environment only"
            )
        return address

    @cached_property
    def _route(self) -> _Route:
        litellm = _litellm()
        read_parts()
        try:
            name, provider, _, own = litellm.get_llm_provider(self.model, api_base=self._address or None)
        except litellm.BadRequestError:
            close = difflib.get_close_matches(self.model, litellm.model_list, n=3)
            guess = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
            raise UnknownModelError(
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
            address=self._address or own or HOSTS.get(provider) or f"{provider}, at its own address",
            logprobs=provider in GIVE_LOGPROBS and {"logprobs", "top_logprobs"} <= takes,
            structured="response_format" in takes
            and (bool(self._address) or litellm.supports_response_schema(name, provider)),
            thinking=thinking(self.thinking_tokens, provider, takes),
            own=bool(self._address) and provider in CONTINUE,
        )

    def _check_key(self) -> None:
        if self.key_variable:
            missing = "" if os.environ.get(self.key_variable) else self.key_variable
        else:
            found = _litellm().validate_environment(self.model, api_base=self._address or None)
            missing = "" if found["keys_in_environment"] else " and ".join(found["missing_keys"]) or "its key"
        if missing:
            raise MissingKeyError(
                f"model {self.model!r} needs {missing} in the environment; nothing was sent",
                price=self._price(),
            )

    def _check_parameters(self) -> None:
        litellm = _litellm()
        name, provider, _, _ = litellm.get_llm_provider(self.model, api_base=self._address or None)
        if self.answer == "token" and not self._route.own:
            raise UsageError(
                f"model {self.model!r} cannot be scored by one token: that takes a server that continues a "
                "message (vLLM, llama.cpp) at --api-base, or weights in this process; use --answer text"
            )
        parameters = self._parameters(Request(messages=(), form="yes-no", items=("",)))
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
