"""Parameters in the words of providers: how much is thought, and how an answer is kept to its form."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any, Literal

from core_harness.llm import BY_TOKEN, FORMS, Form, Request, exact_schema, grammar, json_schema

Structured = Literal["json", "grammar", "off"]
"""How a written answer is kept to its form: by a schema, by a grammar, or not at all."""

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

CONTINUE = frozenset({"hosted_vllm", "lm_studio", "openai"})
"""Names under which servers at an address of the user's are asked."""

HOSTS = {
    "anthropic": "api.anthropic.com",
    "gemini": "generativelanguage.googleapis.com",
    "openai": "api.openai.com",
}
"""Addresses of these providers; litellm knows those of the others."""

CONTINUED = {"extra_body": {"add_generation_prompt": False, "continue_final_message": True}}
"""How vLLM is asked to go on with the last message; llama.cpp does so anyway."""

_REASONING = 240
"""Characters of reasoning that a server at a given address lets pass: small models know no end."""


def enforced(request: Request, structured: Structured, *, own: bool) -> dict[str, Any]:
    """Return the parameters that keep a written answer to its form.

    A server at an address of the user's (``own``) is held to the items by name and to short reasoning; the
    schemas that providers get are the same for all requests, so that they can keep them.
    """
    if request.form in BY_TOKEN or structured == "off":
        return {}
    if structured == "grammar":
        return {"extra_body": {"grammar": grammar(request.form, request.items, reasoning=_REASONING)}}
    schema = _exact(request) if own else json_schema(request.form)
    wanted = {"name": request.form.replace("-", "_"), "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": wanted}}


def longest_form(request: Request, structured: Structured) -> str:
    """Return a text at least as long as what :func:`enforced` sends, whatever the route."""
    if request.form in BY_TOKEN or structured == "off":
        return ""
    return json.dumps(_exact(request)) + _schema_text(request.form)


def _exact(request: Request) -> dict[str, Any]:
    return exact_schema(request.form, request.items, reasoning=_REASONING)


def thinking(tokens: int | Literal["default"], provider: str, takes: set[str]) -> dict[str, Any]:
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
def schemas_digest() -> str:
    """Return a digest of all schemas."""
    return hashlib.sha256("".join(map(_schema_text, FORMS)).encode()).hexdigest()[:16]
