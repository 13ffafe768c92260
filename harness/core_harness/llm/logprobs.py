"""Where in a reply a model weighed yes against no."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from core_harness.llm.messages import TopLogprobs

Token = tuple[bytes, Sequence[tuple[str, float]]]
"""A generated token in UTF-8 (it may be half a character), and the likely ones with their logprob."""

_YES, _NO = "yes", "no"
_NOT_LETTERS = re.compile(r"[\W\d_]+")


def weighed(text: str, tokens: Sequence[Token]) -> tuple[TopLogprobs, ...]:
    """Return the places at which yes or no was among the most probable tokens.

    The others are dropped: a long answer has hundreds, and they would fill the journal.

    Parameters
    ----------
    text
        The visible answer.
    tokens
        All generated tokens in order. They may hold more than the text: thinking before it, an end marker
        after it.
    """
    visible = text.encode("utf-8", "surrogatepass")
    offset = b"".join(token for token, _ in tokens).rfind(visible) if visible else -1
    if offset < 0:  # the provider's tokens do not spell its text, so no place can be named
        return ()
    places, end = [], -offset
    for token, top in tokens:
        start, end = end, end + len(token)
        if end > 0 and start < len(visible) and any(word(t) in {_YES, _NO} for t, _ in top):
            before = len(visible[: max(start, 0)].decode("utf-8", "ignore"))
            best_first = sorted(((_whole(t), logprob) for t, logprob in top), key=lambda pair: -pair[1])
            places.append(TopLogprobs(before, tuple(best_first)))
    return tuple(places)


def probability_of_yes(place: TopLogprobs) -> float | None:
    """Return P(yes) / (P(yes) + P(no)), spellings of each summed, or None where neither is listed.

    A word that is not among the listed tokens counts as 0.
    """
    mass = {_YES: 0.0, _NO: 0.0}
    for token, logprob in place.top:
        if (spelt := word(token)) in mass:
            mass[spelt] += math.exp(min(logprob, 0.0))
    total = mass[_YES] + mass[_NO]
    return mass[_YES] / total if total > 0 else None


def _whole(token: str) -> str:
    """Return a token without half characters, which no file can hold."""
    return token.encode("utf-8", "replace").decode()


def word(token: str) -> str:
    """Return the letters of a token in lower case: ``' "Yes'`` is ``yes``."""
    return _NOT_LETTERS.sub("", token).casefold()
