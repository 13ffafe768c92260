"""Whether a reply can be kept: checked when it arrives, so that it fails one attempt and not the run."""

from __future__ import annotations

import math
from dataclasses import replace

from core_harness.llm.messages import Reply, Tokens, TopLogprobs, Transient

MOST_BYTES = 4 << 20
"""Of a reply, as it is sent and as text; with log-probabilities, an answer has a tenth of that."""
MOST_TOKENS = 10_000_000
"""Of a call: no model has so long a context."""
_LONGEST_NAME = 1_000


def checked(reply: Reply) -> Reply:
    """Return a reply that journal and frames can hold; counts that are none make its tokens unknown.

    Raises :class:`~core_harness.llm.messages.Transient` for text that is none or too long, for counts of
    tokens that cannot be, and for log-probabilities that are none.
    """
    if not isinstance(reply.text, str) or len(reply.text) > MOST_BYTES:
        raise Transient(f"the reply is no text of at most {MOST_BYTES:,} characters")
    if not isinstance(reply.simulated, bool):
        raise Transient(f"the reply is simulated={reply.simulated!r:.40}, wanted True or False")
    for name in ("prompt_tokens", "completion_tokens", "thinking_tokens"):
        count = getattr(reply, name)
        if count is not None and not _is_count(count):
            raise Transient(f"the reply counts {count!r:.40} {name.replace('_', ' ')}")
    if reply.cost is not None and not _is_number(reply.cost):
        raise Transient(f"the reply costs {reply.cost!r:.40}", tokens=reply.tokens)
    if fault := next((fault for place in reply.logprobs or () if (fault := _fault(place))), None):
        raise Transient(f"the reply has {fault}", tokens=reply.tokens)
    return replace(reply, model=str(reply.model)[:_LONGEST_NAME], finish=_name(reply.finish))


def counted(prompt: object, completion: object) -> Tokens | None:
    """Return the tokens that a provider counted, or None where these are no counts."""
    if (
        isinstance(prompt, int)
        and isinstance(completion, int)
        and _is_count(prompt)
        and _is_count(completion)
    ):
        return Tokens(prompt, completion)
    return None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= MOST_TOKENS


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and math.isfinite(value)


def _fault(place: TopLogprobs) -> str | None:
    """Return what is wrong with the alternatives at one place."""
    for token, logprob in place.top:
        if not isinstance(token, str):
            return "a token that is no text"
        # minus infinity is what some servers say of a token that cannot be
        if not isinstance(logprob, float | int) or not logprob < math.inf:
            return f"the log-probability {logprob!r:.40}"
    return None


def _name(finish: str | None) -> str | None:
    return None if finish is None else str(finish)[:_LONGEST_NAME]
