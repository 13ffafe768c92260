"""Parsing of answers: the only module that reads what a model wrote.

Nothing is guessed. A value that is not exactly a word of the grammar (:mod:`core_harness.llm.formats`),
two values that differ, or a yes or no after the last answer line leave an item unparsed; the raw text
stays in the journal.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import polars as pl
from pydantic import BaseModel

from core_harness.llm.formats import BEST_GRADE, OBJECTS, Form, Grades, Verdict, YesNo, YesNoList
from core_harness.llm.frames import replies_of
from core_harness.llm.logprobs import probability_of_yes
from core_harness.llm.messages import Reply
from core_harness.schemas import Schema

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
    "status": pl.String,
}
"""One row an item of a prompt that was asked for. ``pair_id`` is null where items are no pairs.
``status`` is one of :data:`Status`, or ``failed`` or ``not_asked`` where there is no reply.
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reply says about one item.

    ``value`` is the probability of yes (1 or 0 without log-probabilities), or the grade as a share of the
    best; None unless ``status`` is ``ok``.
    """

    item: str
    value: float | None
    status: Status


_SEPARATORS = " \t:=\uff1a\uff1d"
"""Between a label and its value, where claims begin."""

_LONGEST_TOKEN = 24
"""Characters of a token that are looked at."""

_FENCE = re.compile(r"```[^\n`]*\n(?P<body>.*?)```", re.DOTALL)
_OPENING = re.compile(r"^[ \t]*\{", re.MULTILINE)
_VALUE = re.compile(r'"(?:answer|grade)"\s*:')
_LINE = re.compile(r"[^\r\n]*\S[^\r\n]*")
_LABEL = re.compile(r"(?:final\s+)?answer\b(?P<rest>.*[:=].*)", re.IGNORECASE)
_MARKDOWN = re.compile(
    r"[*`~$\u200b-\u200f\u2060\ufeff]|\\(?:boxed|text|textbf|mathbf|mathrm)\b|(?<!\w)_+|_+(?!\w)"
)
_LEADING_MARK = re.compile(r"^(?:[\s>#|•+-]|\d{1,3}[.)]\s)+")
_NO_LETTERS = re.compile(r"^[\W\d_]+")
_YES_OR_NO = re.compile(r"\b(?:yes|no|abstain)\b", re.IGNORECASE)
_GRADE = re.compile(r"(\d{1,2})(?:\s*/\s*10)?")
_CANNOT_TELL = (
    r"(?:insufficient|inadequate|not\s+enough)\s+(?:\w+\s+)?(?:evidence|data|information|knowledge)"
    r"|(?:can(?:no|')?t|can\s+not|cannot|unable\s+to|impossible\s+to)\s+(?:be\s+)?(?:\w+ly\s+)?"
    r"(?:determin|decid|conclud|predict|infer|tell|told|say|said)\w*"
)
_UNDECIDED = re.compile(
    rf"(?:{_CANNOT_TELL}|(?:abstain(?:ed|ing)?|abstention|unknown|unclear|uncertain|undetermined|inconclusive)$)"
)
_UNDECIDED_SOMEWHERE = re.compile(rf"\b(?:{_CANNOT_TELL}|i\s+abstain)\b", re.IGNORECASE)
_REFUSAL = re.compile(
    r"\b(?:i\s+(?:can(?:no|')?t|can\s+not|cannot|won't|will\s+not|must\s+decline|am\s+(?:not\s+able|unable)\s+to)"
    r"|i'm\s+(?:not\s+able|unable)\s+to|unable\s+to)"
    r"(?:\s+(?:help|assist|comply|provide|answer|respond|discuss|support|engage|fulfil+)\b|\s*[.,])",
    re.IGNORECASE,
)


class _Claim(NamedTuple):
    """A verdict in the text; its first token begins at ``start`` or after."""

    item: str
    verdict: Verdict | None  # None: something that is no verdict
    start: int
    stop: int


def parse(reply: Reply, form: Form, items: Sequence[str]) -> list[Answer]:
    """Return one answer for each of ``items``, in their order. It never raises."""
    if reply.finish == "content_filter":
        return [Answer(item, None, "refused") for item in items]
    text, offset = _visible(reply.text)
    claims = _claims(text, reply, form, _Names(items))
    if claims and form != "grades" and _YES_OR_NO.search(text, max(claim.stop for claim in claims)):
        claims = [claim._replace(verdict=None) for claim in claims]
    silence: Status = "cut_off" if reply.finish == "length" else "unparsed" if claims else _why_silent(text)
    return [
        _answer(item, [claim for claim in claims if claim.item == item], silence, reply, offset)
        for item in items
    ]


def marked(reply: Reply, form: Form, items: Sequence[str]) -> list[str]:
    """Return the text of a reply in parts: every second one is where :func:`parse` reads an answer."""
    text, offset = _visible(reply.text)
    parts, at = [], 0
    for claim in sorted(_claims(text, reply, form, _Names(items)), key=lambda claim: claim.start):
        start, stop = max(at, claim.start + offset), claim.stop + offset
        start = stop - len(reply.text[start:stop].lstrip(_SEPARATORS))
        if start < stop:
            parts += [reply.text[at:start], reply.text[start:stop]]
            at = stop
    return [*parts, reply.text[at:]]


def parse_replies(prompts: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """Return :data:`ANSWERS` to :data:`~core_harness.llm.PROMPTS`, from the reply to each row."""
    names = ("prompt_id", "sample", "form", "items", "pair_ids")
    rows = zip(
        *(prompts[name].to_list() for name in names), replies["status"], replies_of(replies), strict=True
    )
    read: list[tuple[int, int, int | None, str, float | None, str]] = []
    for prompt_id, sample, form, items, pair_ids, status, reply in rows:
        pairs = pair_ids or [None] * len(items)
        if reply is None:
            read += [
                (prompt_id, sample, pair, item, None, status) for item, pair in zip(items, pairs, strict=True)
            ]
            continue
        for answer, pair in zip(parse(reply, form, items), pairs, strict=True):
            read.append((prompt_id, sample, pair, answer.item, answer.value, answer.status))
    return pl.DataFrame(read, schema=ANSWERS, orient="row")


def _claims(text: str, reply: Reply, form: Form, names: _Names) -> list[_Claim]:
    """Return what the visible text of a reply claims."""
    claims = [*_in_objects(text, form, names)]
    if reply.finish != "length":  # a line at which the model was stopped may have gone on
        claims += _in_lines(text, form, names)
    return claims


def _answer(item: str, claims: Sequence[_Claim], silence: Status, reply: Reply, offset: int) -> Answer:
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
    weighed = _weighed(claim, reply, offset)
    return Answer(item, float(claim.verdict == "yes") if weighed is None else weighed, "ok")


def _weighed(claim: _Claim, reply: Reply, offset: int) -> float | None:
    """Return the probability of yes at the place where the verdict was generated."""
    for place in reply.logprobs or ():
        if claim.start <= place.start - offset < claim.stop:
            generated = _NO_LETTERS.sub("", reply.text[place.start :][:_LONGEST_TOKEN]).casefold()
            if generated.startswith(str(claim.verdict)):
                return probability_of_yes(place)
    return None


# ---------------------------------------------------------------- objects


def _in_objects(text: str, form: Form, names: _Names) -> Iterator[_Claim]:
    """Yield what valid JSON objects of the form claim."""
    for start, stop in sorted(_object_spans(text)):
        try:
            content = OBJECTS[form].model_validate(_loads(text[start:stop]))
        except (ValueError, RecursionError):
            continue
        verdicts = _verdicts(content, names.items)
        places = [found.end() - 1 for found in _VALUE.finditer(text, start, stop)]
        if len(places) != len(verdicts):  # the reasoning quotes the format: no place is certain
            places = [stop] * len(verdicts)
        for (name, verdict), place in zip(verdicts, places, strict=True):
            if (item := names.find(name)) is not None:
                yield _Claim(item, verdict, place, stop)


def _verdicts(content: BaseModel, items: Sequence[str]) -> list[tuple[str, Verdict]]:
    match content:
        case YesNo():
            return [(item, content.answer) for item in items[:1]]
        case YesNoList():
            return [(entry.item, entry.answer) for entry in content.answers]
        case Grades():
            return [(entry.item, entry.grade) for entry in content.grades]
        case _:
            return []


def _object_spans(text: str) -> set[tuple[int, int]]:
    """Return where objects may be: in code fences, or on separate lines up to the last brace."""
    spans = {found.span("body") for found in _FENCE.finditer(text)}
    openings = [found.end() - 1 for found in _OPENING.finditer(text)]
    return spans | {(opening, text.rfind("}") + 1) for opening in (*openings[:1], *openings[-1:])}


def _loads(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(content := dict(pairs)) < len(pairs):
        raise ValueError("a field is given twice")
    return content


# ---------------------------------------------------------------- lines


def _in_lines(text: str, form: Form, names: _Names) -> Iterator[_Claim]:
    """Yield what answer lines claim, or what the whole text does if it is one verdict and nothing else."""
    lines = [(found, _plain(found[0])) for found in _LINE.finditer(text)]
    if names.only is not None and len(lines) == 1 and (verdict := _verdict(lines[0][1], form)) is not None:
        yield _Claim(names.only, verdict, 0, len(text))
    for (raw, line), (next_raw, next_line) in zip(
        lines, [*lines[1:], lines[-1]] if lines else [], strict=True
    ):
        if not (label := _LABEL.match(line)):
            continue
        head, _, value = label["rest"].replace("=", ":").rpartition(":")
        item = names.find(head) if head.strip() else names.only
        if item is None:
            continue
        if value.strip():
            colon = max(raw[0].rfind(sign) for sign in ":=\uff1a\uff1d")
            yield _Claim(item, _verdict(value, form), raw.start() + colon, raw.end())
        else:
            yield _Claim(item, _verdict(next_line, form), next_raw.start(), next_raw.end())


def _plain(line: str) -> str:
    """Return a line without its markdown, in plain letters."""
    return _LEADING_MARK.sub("", _MARKDOWN.sub("", unicodedata.normalize("NFKC", line))).strip()


def _verdict(value: str, form: Form) -> Verdict | None:
    """Return the verdict that a value is, or None. ``yes?`` is none, nor is ``yes, probably``."""
    value = value.strip(" \t\n.,;!'\"()[]{}<>|/\\").casefold()
    if _UNDECIDED.match(value):
        return "abstain"
    if form == "grades":
        grade = _GRADE.fullmatch(value)
        return int(grade[1]) if grade and int(grade[1]) <= BEST_GRADE else None
    return "yes" if value == "yes" else "no" if value == "no" else None


def _why_silent(text: str) -> Status:
    """Return why a text holds no answer."""
    text = text.replace("\u2019", "'").strip()
    if not text:
        return "empty"
    if _UNDECIDED_SOMEWHERE.search(text):
        return "abstained"
    return "refused" if _REFUSAL.search(text) else "unparsed"


def _visible(text: str) -> tuple[str, int]:
    """Return the text behind the model's thinking, and where it begins."""
    behind = text.rpartition("</think>")[2]
    return behind.partition("<think>")[0], len(text) - len(behind)


class _Names:
    """Finds an item by the name that a model wrote, whatever its case and decoration, if that is unique."""

    def __init__(self, items: Sequence[str]) -> None:
        self.items = items
        self.only = items[0] if len(items) == 1 else None
        self._exact = set(items)
        folded = [(_folded(item), item) for item in self._exact]
        count = Counter(name for name, _ in folded)
        self._folded = {name: item for name, item in folded if count[name] == 1}

    def find(self, name: str) -> str | None:
        name = _plain(name)
        return name if name in self._exact else self._folded.get(_folded(name))


def _folded(name: str) -> str:
    return _plain(name).strip(" .,;:\"'()[]{}<>").replace("=", ":").casefold()
