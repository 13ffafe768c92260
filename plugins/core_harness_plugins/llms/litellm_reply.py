"""From litellm's response to a reply."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from core_harness.llm import (
    SIMULATED,
    Reply,
    TopLogprobs,
    Transient,
    Word,
    ends_in_answer,
    first_place,
    weighed,
)


def reply_of(response: Any, words: Sequence[Word]) -> Reply:
    """Return the first choice of a response; ``words`` are those of which log-probabilities are kept.

    Raises :class:`Transient` where there is no choice, or no content without a reason: litellm lets both
    pass, and asking again often helps.
    """
    if not response.choices:
        raise Transient("the reply has no choices")
    choice = response.choices[0]
    text = _text(choice.message)
    logprobs = _logprobs(text, choice, words)
    # a model whose one token was its last has answered nothing, but weighed yes against no
    if not text.strip() and not logprobs and choice.finish_reason not in {"length", "content_filter"}:
        raise Transient("the reply is empty")
    usage = response.usage
    counted = usage.prompt_tokens > 0  # litellm writes zeros where a provider says nothing
    details = getattr(usage, "completion_tokens_details", None)
    return Reply(
        text=text,
        model=response.model or "",
        simulated=(response.model or "").startswith(SIMULATED),
        finish=choice.finish_reason,
        logprobs=logprobs,
        prompt_tokens=usage.prompt_tokens if counted else None,
        completion_tokens=usage.completion_tokens if counted else None,
        thinking_tokens=getattr(details, "reasoning_tokens", None),
    )


def _text(message: Any) -> str:
    """Return the content; without any, thinking that ends in an answer line."""
    content = message.content or ""
    thought = getattr(message, "reasoning_content", None) or ""
    return thought if not content.strip() and ends_in_answer(thought) else content


@cache
def read_parts() -> None:
    """Have litellm take content that is a list of parts, which some servers send, as their text."""
    from litellm.types import utils  # noqa: PLC0415 - it takes seconds

    original = utils.Message.__init__

    def read(self: Any, content: Any = None, *others: Any, **named: Any) -> None:
        if isinstance(content, list):
            content = "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
        original(self, content, *others, **named)

    utils.Message.__init__ = read  # type: ignore[method-assign]


def _logprobs(text: str, choice: Any, words: Sequence[Word]) -> tuple[TopLogprobs, ...] | None:
    places = getattr(getattr(choice, "logprobs", None), "content", None)
    if not places:
        return None
    tokens = [
        (
            bytes(place.bytes) if place.bytes else place.token.encode(),
            [(top.token, top.logprob) for top in place.top_logprobs],
        )
        for place in places
    ]
    if len(tokens) == 1:  # one token was asked for, and the text may repeat what it continues
        return first_place(tokens)[1]
    return weighed(text, tokens, words)
