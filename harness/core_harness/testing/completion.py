"""The test server's answers: a scripted model's verdicts as chat completions with log-probabilities."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core_harness.llm import SIMULATED, Message
from core_harness.llm.formats import Word, render
from core_harness.testing.reading import read
from core_harness.testing.scripted import SCRIPTED, chances, verdict
from core_harness.vocabulary import ScriptedName

_TOKEN = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
_VERDICT = re.compile(r'(?:"answer": "|^ANSWER[^\n]*: )(?=(?:yes|no|up|down|none)\b)', re.MULTILINE)
_SURE = 1e-6
"""Probability of an alternative that is out of the question."""


@dataclass(frozen=True)
class Completion:
    """A chat completion, and the tokens it took."""

    content: Mapping[str, Any]
    prompt_tokens: int
    completion_tokens: int


def complete(model: ScriptedName, request: Mapping[str, Any], fault: str | None = None) -> Completion:
    """Return the completion of a chat request, a pure function of its content.

    ``empty``, ``no-choices``, ``bad-structure`` and ``cut-off`` of
    :data:`~core_harness.testing.faults.FAULTS` spoil it.
    """
    messages = [Message(message["role"], message["content"]) for message in request["messages"]]
    reading = read(messages)
    probabilities = [SCRIPTED[model](reading, item) for item in reading.items]
    about = [*zip(reading.items, probabilities, strict=True)]
    verdicts = [(item.name, verdict(reading, item, p)) for item, p in about]
    structured = (request.get("response_format") or {}).get("type") == "json_schema"
    text = render(reading.form, verdicts, structured=structured, reasoning=f"This is {SIMULATED}{model}.")
    weighed = [chances(reading, item, p) for item, p in about if p is not None]
    finish = "stop"
    if fault == "bad-structure":
        text = json.dumps({"verdict": {"value": [verdict for _, verdict in verdicts]}})
    elif fault == "empty":
        text = ""
    elif fault == "cut-off":
        text, finish = text[: len(text) // 2], "length"
    tokens = _TOKEN.findall(text)
    choice: dict[str, Any] = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": text},
    }
    if request.get("logprobs"):
        choice["logprobs"] = {"content": _logprobs(text, tokens, weighed, request.get("top_logprobs") or 0)}
    prompt_tokens = sum(len(_TOKEN.findall(message.content)) for message in messages)
    content = {
        "id": "simulated",
        "object": "chat.completion",
        "created": 0,
        "model": f"{SIMULATED}{model}",
        "choices": [] if fault == "no-choices" else [choice],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": len(tokens),
            "total_tokens": prompt_tokens + len(tokens),
        },
    }
    return Completion(content, prompt_tokens, len(tokens))


def _logprobs(
    text: str, tokens: list[str], weighed: list[dict[Word, float]], alternatives: int
) -> list[dict[str, Any]]:
    """Return the log-probabilities of all tokens; those of verdicts are the scripted model's."""
    at_verdict = dict(zip((found.end() for found in _VERDICT.finditer(text)), weighed, strict=False))
    places, end = [], 0
    for token in tokens:
        start, end = end, end + len(token)
        words = at_verdict.get(start + len(token) - len(token.lstrip()))
        listed = {token: 1.0}
        if words is not None:
            space = token[: len(token) - len(token.lstrip())]
            listed = {f"{space}{word}": p for word, p in words.items()}
        top = sorted(((t, math.log(max(p, _SURE))) for t, p in listed.items()), key=lambda pair: -pair[1])
        places.append(
            {
                **_place(token, dict(top)[token]),
                "top_logprobs": [_place(t, logprob) for t, logprob in top[:alternatives]],
            }
        )
    return places


def _place(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode("utf-8", "surrogatepass"))}
