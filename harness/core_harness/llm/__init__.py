"""Asking language models: concurrency, retries, cache, journal and budget, once for every llm plugin.

The author of an llm plugin needs :class:`LLM`, :class:`Request`, :class:`Reply`, :class:`Transient` and
:class:`Permanent`, of other plugins :data:`PROMPTS` and :data:`ANSWERS`; the pipeline needs :func:`ask_all`
and :func:`estimate`.
"""

from __future__ import annotations

from core_harness.llm.answers import ANSWERS
from core_harness.llm.ask import Asked, answered_before, ask_all
from core_harness.llm.budget import prompt_bound
from core_harness.llm.cache import Cache, CachedModel
from core_harness.llm.checked import MOST_BYTES, counted
from core_harness.llm.enforced import exact_schema, grammar
from core_harness.llm.estimate import Estimate, estimate
from core_harness.llm.formats import BY_TOKEN, FORMS, AnswerBy, Form, Word, json_schema, words_of
from core_harness.llm.frames import PROMPTS, REPLIES, replies_of, requests_of
from core_harness.llm.journal import Journal
from core_harness.llm.lines import ends_in_answer
from core_harness.llm.logprobs import first_place, weigh, weighed
from core_harness.llm.messages import (
    LLM,
    SIMULATED,
    InProcess,
    Message,
    Permanent,
    Price,
    Provider,
    Reply,
    Request,
    Tokens,
    TopLogprobs,
    Transient,
)
from core_harness.llm.redact import is_secret, redactor
from core_harness.llm.settings import Settings, parse_failures, parse_price
from core_harness.llm.summary import Summary

__all__ = [
    "ANSWERS",
    "BY_TOKEN",
    "FORMS",
    "LLM",
    "MOST_BYTES",
    "PROMPTS",
    "REPLIES",
    "SIMULATED",
    "AnswerBy",
    "Asked",
    "Cache",
    "CachedModel",
    "Estimate",
    "Form",
    "InProcess",
    "Journal",
    "Message",
    "Permanent",
    "Price",
    "Provider",
    "Reply",
    "Request",
    "Settings",
    "Summary",
    "Tokens",
    "TopLogprobs",
    "Transient",
    "Word",
    "answered_before",
    "ask_all",
    "counted",
    "ends_in_answer",
    "estimate",
    "exact_schema",
    "first_place",
    "grammar",
    "is_secret",
    "json_schema",
    "parse_failures",
    "parse_price",
    "prompt_bound",
    "redactor",
    "replies_of",
    "requests_of",
    "weigh",
    "weighed",
    "words_of",
]
