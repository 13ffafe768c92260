"""Parsing of answers: from a reply to a value, or to the reason why there is none.

What a text claims is found by :mod:`~core_harness.llm.lines` and :mod:`~core_harness.llm.objects`, in what
:mod:`~core_harness.llm.visible` leaves of it. Nothing is guessed: a value that is no verdict
(:mod:`~core_harness.llm.verdicts`), two that differ, or text behind the last one that takes it back leave
an item unparsed; the raw text stays in the journal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import polars as pl

from core_harness.llm.claims import Claim, Names
from core_harness.llm.formats import BEST_GRADE, BOTH, BY_TOKEN, Form, words_of
from core_harness.llm.frames import replies_of
from core_harness.llm.lines import in_lines
from core_harness.llm.logprobs import Weighing, weigh
from core_harness.llm.messages import Reply
from core_harness.llm.objects import in_objects
from core_harness.llm.verdicts import CANNOT_TELL, takes_back
from core_harness.llm.visible import visible
from core_harness.schemas import Schema
from core_harness.vocabulary import Question

Status = Literal["ok", "abstained", "unparsed", "refused", "empty", "cut_off"]
"""``ok``: there is a value. ``abstained``: the model said that it cannot decide. ``unparsed``: it wrote
something else. ``refused``: it, or its provider, would not answer. ``empty``: nothing came.
``cut_off``: it was stopped at its last token before it had answered.
"""

ANSWERS: Schema = {
    "prompt_id": pl.UInt32,
    "sample": pl.UInt32,
    "pair_id": pl.UInt32,
    "item": pl.String,
    "value": pl.Float64,
    "up": pl.Float64,
    "status": pl.String,
    "mass": pl.Float64,
    "bounded": pl.Boolean,
}
"""One row an item of a prompt that was asked for. ``pair_id`` is null where items are no pairs.
``status`` is one of :data:`Status`, or ``failed`` or ``not_asked`` where there is no reply. ``value``
is the probability of yes, or of a change where both questions are asked at once; ``up`` is then how
probable it is that a change goes up (one half where there is none), null where that was not asked. ``mass``
is the probability of the words of the form together where one was generated, ``bounded`` whether one of them
was not listed there; both are null without log-probabilities.
"""


class Answer(NamedTuple):
    """What a reply says about one item.

    ``value`` is the probability of yes (1 or 0 without log-probabilities), that of up and down together, or
    the grade as a share of the best; None unless ``status`` is ``ok``. ``weighing`` is what the value was
    computed from, where the reply has log-probabilities. ``up`` is P(up) / (P(up) + P(down)), one half where
    their sum is 0; None where that is not asked.
    """

    item: str
    value: float | None
    status: Status
    weighing: Weighing | None = None
    up: float | None = None

    def to(self, question: Question) -> float | None:
        """Return the value that answers a question, where both were asked at once or only that one."""
        return self.up if question == "dir" and self.up is not None else self.value


_AROUND = " \t\r\n:=\uff1a\uff1d\"'{}[],"
"""What a claim may have around its value: it begins behind a label, and ends with its object."""

_LONGEST_TOKEN = 24
"""Characters of a token that are looked at."""

_NO_LETTERS = re.compile(r"^[\W\d_]+")
_UNDECIDED_SOMEWHERE = re.compile(rf"\b(?:{CANNOT_TELL}|i\s+abstain)\b", re.IGNORECASE)
_REFUSAL = re.compile(
    r"\b(?:i\s+(?:can(?:no|')?t|can\s+not|cannot|won't|will\s+not|must\s+decline|am\s+(?:not\s+able|unable)\s+to)"
    r"|i'm\s+(?:not\s+able|unable)\s+to|unable\s+to)"
    r"(?:\s+(?:help|assist|comply|provide|answer|respond|discuss|support|engage|fulfil+)\b|\s*[.,])",
    re.IGNORECASE,
)


def parse(reply: Reply, form: Form, items: Sequence[str]) -> list[Answer]:
    """Return one answer for each of ``items``, in their order. It never raises."""
    if reply.finish == "content_filter":
        return [Answer(item, None, "refused") for item in items]
    if form in BY_TOKEN:
        return [_by_token(item, reply, form) for item in items]
    text, offset = visible(reply.text)
    claims = _claims(text, reply, form, items)
    silence: Status = "cut_off" if reply.finish == "length" else "unparsed" if claims else _why_silent(text)
    return [
        _answer(item, form, [claim for claim in claims if claim.item == item], silence, reply, offset=offset)
        for item in items
    ]


def marked(reply: Reply, form: Form, items: Sequence[str]) -> list[str]:
    """Return the text of a reply in parts: every second one is where :func:`parse` reads an answer."""
    if form in BY_TOKEN:
        return ["", reply.text, ""]
    text, offset = visible(reply.text)
    parts, at = [], 0
    for claim in sorted(_claims(text, reply, form, items), key=lambda claim: claim.start):
        begins = max(at, claim.start + offset)
        if value := reply.text[begins : claim.stop + offset].strip(_AROUND):
            start = reply.text.index(value, begins)
            parts += [reply.text[at:start], value]
            at = start + len(value)
    return [*parts, reply.text[at:]]


def _claims(text: str, reply: Reply, form: Form, items: Sequence[str]) -> list[Claim]:
    """Return what the visible text of a reply claims."""
    names = Names(items)
    objects = [*in_objects(text, form, names)]
    cut_off = reply.finish == "length"
    lines = in_lines(text, form, names, cut_off=cut_off, labelled_only=bool(objects))
    return _still_held([*objects, *(line for line in lines if not _within(line, objects))], text, form)


def _within(line: Claim, objects: Sequence[Claim]) -> bool:
    """Return whether an answer line holds an object, which says what it says."""
    return any(one.start < line.stop and line.start < one.stop for one in objects)


def _still_held(claims: list[Claim], text: str, form: Form) -> list[Claim]:
    """Return the claims, without their verdicts where the text behind the last one takes any of them back."""
    behind = text[max((claim.stop for claim in claims), default=len(text)) :]
    if any(takes_back(behind, claim.verdict, form) for claim in claims):
        return [claim._replace(verdict=None) for claim in claims]
    return claims


def parse_replies(prompts: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """Return :data:`ANSWERS` to :data:`~core_harness.llm.PROMPTS`, from the reply to each row."""
    names = ("prompt_id", "sample", "form", "items", "pair_ids")
    rows = zip(
        *(prompts[name].to_list() for name in names), replies["status"], replies_of(replies), strict=True
    )
    read: list[tuple[object, ...]] = []
    for prompt_id, sample, form, items, pair_ids, status, reply in rows:
        pairs = pair_ids or [None] * len(items)
        answers = (
            [(item, None, status, None, None) for item in items]
            if reply is None
            else parse(reply, form, items)
        )
        for pair, (item, value, said, weighing, up) in zip(pairs, answers, strict=True):
            _, mass, bounded = weighing or (None, None, None)
            read.append((prompt_id, sample, pair, item, value, up, said, mass, bounded))
    return pl.DataFrame(read, schema=ANSWERS, orient="row")


def answering(answers: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return :data:`ANSWERS` whose values answer a question, where both were asked at once."""
    return answers.with_columns(pl.coalesce("up", "value").alias("value")) if question == "dir" else answers


def _answer(
    item: str, form: Form, claims: Sequence[Claim], silence: Status, reply: Reply, *, offset: int
) -> Answer:
    if not claims:
        return Answer(item, None, silence)
    verdicts = {claim.verdict for claim in claims}
    if len(verdicts) > 1 or None in verdicts:
        return Answer(item, None, "unparsed")
    claim = claims[-1]
    if claim.verdict == "abstain":
        return Answer(item, None, "abstained")
    if isinstance(claim.verdict, int):
        return Answer(item, claim.verdict / BEST_GRADE, "ok")
    weighing = _weighing(claim, reply, form, offset)
    said = [float(word == claim.verdict) for word in words_of(form)]
    return _of_shares(item, form, said if weighing is None else weighing.shares, weighing)


def _of_shares(item: str, form: Form, shares: Sequence[float], weighing: Weighing | None) -> Answer:
    """Return the answer that the shares of a form's words are."""
    if form not in BOTH:
        return Answer(item, shares[0], "ok", weighing)
    up, down, _ = shares
    changes = up + down
    return Answer(item, min(changes, 1.0), "ok", weighing, up / changes if changes else 0.5)


def _weighing(claim: Claim, reply: Reply, form: Form, offset: int) -> Weighing | None:
    """Return how the words were weighed at the place where the verdict was generated."""
    for place in reply.logprobs or ():
        if claim.start <= place.start - offset < claim.stop:
            generated = _NO_LETTERS.sub("", reply.text[place.start :][:_LONGEST_TOKEN]).casefold()
            if generated.startswith(str(claim.verdict)):
                return weigh(place, words_of(form))
    return None


def _by_token(item: str, reply: Reply, form: Form) -> Answer:
    """Return what the one token says that was read behind the start of an answer line."""
    if not reply.logprobs:
        return Answer(item, None, "unparsed")
    weighing = weigh(reply.logprobs[0], words_of(form))
    return _of_shares(item, form, weighing.shares, weighing)


def _why_silent(text: str) -> Status:
    """Return why a text holds no answer."""
    text = text.replace("\u2019", "'").strip()
    if not text:
        return "empty"
    if _UNDECIDED_SOMEWHERE.search(text):
        return "abstained"
    return "refused" if _REFUSAL.search(text) else "unparsed"
