"""From litellm's response to a reply."""

from __future__ import annotations

from typing import Any

from core_harness.llm import Reply, TopLogprobs, Transient, weighed


def reply_of(response: Any) -> Reply:
    """Return the first choice of a response.

    Raises :class:`Transient` where there is no choice, or no content without a reason: litellm lets both
    pass, and asking again often helps.
    """
    if not response.choices:
        raise Transient("the reply has no choices")
    choice = response.choices[0]
    text = choice.message.content or ""
    if not text.strip() and choice.finish_reason not in {"length", "content_filter"}:
        raise Transient("the reply is empty")
    usage = response.usage
    counted = usage.prompt_tokens > 0  # litellm writes zeros where a provider says nothing
    details = getattr(usage, "completion_tokens_details", None)
    return Reply(
        text=text,
        model=response.model or "",
        finish=choice.finish_reason,
        logprobs=_logprobs(text, choice),
        prompt_tokens=usage.prompt_tokens if counted else None,
        completion_tokens=usage.completion_tokens if counted else None,
        thinking_tokens=getattr(details, "reasoning_tokens", None),
    )


def _logprobs(text: str, choice: Any) -> tuple[TopLogprobs, ...] | None:
    places = getattr(getattr(choice, "logprobs", None), "content", None)
    if not places:
        return None
    return weighed(
        text,
        [
            (
                bytes(place.bytes) if place.bytes else place.token.encode(),
                [(top.token, top.logprob) for top in place.top_logprobs],
            )
            for place in places
        ],
    )
