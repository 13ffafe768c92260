"""Where in a reply a model weighed words against each other: yes and no, or up, down and none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from core_harness.llm.formats import YES_NO
from core_harness.llm.messages import TopLogprobs

Token = tuple[bytes, Sequence[tuple[str, float]]]
"""A generated token in UTF-8 (it may be half a character), and the likely ones with their logprob."""

_NOT_LETTERS = re.compile(r"[\W\d_]+")


def weighed(text: str, tokens: Sequence[Token], words: Sequence[str] = YES_NO) -> tuple[TopLogprobs, ...]:
    """Return the places at which one of the words was among the most probable tokens.

    The others are dropped: a long answer has hundreds, and they would fill the journal.

    Parameters
    ----------
    text
        The visible answer.
    tokens
        All generated tokens in order. They may hold more than the text: thinking before it, an end marker
        after it.
    words
        Of the form (:func:`~core_harness.llm.formats.words_of`).
    """
    visible = text.encode("utf-8", "surrogatepass")
    offset = b"".join(token for token, _ in tokens).rfind(visible) if visible else -1
    if offset < 0:  # the provider's tokens do not spell its text, so no place can be named
        return ()
    places, end = [], -offset
    for token, top in tokens:
        start, end = end, end + len(token)
        if end > 0 and start < len(visible) and any(word(t) in words for t, _ in top):
            before = len(visible[: max(start, 0)].decode("utf-8", "ignore"))
            places.append(TopLogprobs(before, _best_first(top)))
    return tuple(places)


def first_place(tokens: Sequence[Token]) -> tuple[str, tuple[TopLogprobs, ...] | None]:
    """Return the first token of an answer whose line was begun, and its place, whatever was likely there."""
    if not tokens:
        return "", None
    token, top = tokens[0]
    return token.decode("utf-8", "replace"), (TopLogprobs(0, _best_first(top)),) if top else None


class Weighing(NamedTuple):
    """How a model weighed the words of a form against each other at one place.

    Attributes
    ----------
    shares
        Probability of each word among them all, in the order of the words.
    mass
        Probability of all of them together, as far as they are listed.
    bounded
        Whether a word was not listed, so that its probability is an upper bound.
    """

    shares: tuple[float, ...]
    mass: float
    bounded: bool


def weigh(place: TopLogprobs, words: Sequence[str] = YES_NO) -> Weighing:
    """Return how words were weighed against each other, spellings of each summed.

    A word that is not listed counts as the most that it can have: the probability of the least likely listed
    token, or its part of what the listed ones leave, whichever is less. Where none is listed, all are equal.
    """
    listed = [(word(token), math.exp(min(logprob, 0.0))) for token, logprob in place.top]
    found = [sum(p for w, p in listed if w == spelt) for spelt in words]
    left = max(1.0 - sum(p for _, p in listed), 0.0)
    bound = min([left / max(found.count(0.0), 1), *(p for _, p in listed)])
    chances = [chance or bound for chance in found]
    total = sum(chances)
    shares = tuple(chance / total if total > 0 else 1 / len(chances) for chance in chances)
    return Weighing(shares, min(sum(found), 1.0), 0.0 in found)


def _best_first(top: Sequence[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(((_whole(token), logprob) for token, logprob in top), key=lambda pair: -pair[1]))


def _whole(token: str) -> str:
    """Return a token without half characters, which no file can hold."""
    return token.encode("utf-8", "replace").decode()


def word(token: str) -> str:
    """Return the letters of a token in lower case: ``' "Yes'`` is ``yes``."""
    return _NOT_LETTERS.sub("", token).casefold()
