"""Answer lines: what they claim, and what a reply claims that is one verdict, or begins or ends with one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from core_harness.llm.claims import Claim, Names, plain
from core_harness.llm.formats import BOTH, SINGLE, Form, Verdict
from core_harness.llm.verdicts import read_verdict

_LINE = re.compile(r"[^\r\n]*\S[^\r\n]*")
_LABEL = re.compile(r"(?:final\s+)?answer\b(?P<rest>.*[:=].*)", re.IGNORECASE)
_SHORT_LABEL = re.compile(r"^A\s*:\s*", re.IGNORECASE)
_FENCE_MARK = re.compile(r"^\s*```\w*\s*$")
_SIGN = re.compile(r"[:=]")
_RAW_SIGN = re.compile(r"[:=\uff1a\uff1d]")
_BARE, _BARE_WHERE = (
    re.compile(rf"(?:{words}|abstain)[.!]?", re.IGNORECASE) for words in ("yes|no", "up|down|none")
)
_ANNOUNCED = re.compile(r"\banswer\b[^:]*:$", re.IGNORECASE)
_ABOUT_KNOWLEDGE = re.compile(
    r"\b(?:not?|n't|lacks?|outside)\b.*\b(?:information|data|evidence|knowledge|known)\b"
    r"|\b(?:information|data|evidence|knowledge)\b.*\b(?:not?|n't|lacks?|outside)\b",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(r"<item>|one word:", re.IGNORECASE)

_MOST_SIGNS = 5
"""Colons of a line at which its item may end; names of drugs and sets hold some."""

_Line = tuple[re.Match[str], str]


def in_lines(
    text: str, form: Form, names: Names, *, cut_off: bool = False, labelled_only: bool = False
) -> list[Claim]:
    """Return what answer lines claim; without any, what a line claims that needs no label.

    That is the first line if it is a verdict, and one word on the last line or behind "the answer is:"; of
    several items, lines that begin with an item. The last line of a reply that was cut off is not read: it
    may have gone on.
    """
    lines = [(found, plain(found[0])) for found in _LINE.finditer(text) if not _FENCE_MARK.match(found[0])]
    if cut_off:
        lines = lines[:-1]
    labelled = list(_labelled(lines, form, names))
    if labelled or labelled_only:
        return labelled
    return list(_unlabelled(lines, form, names, cut_off=cut_off))


def ends_in_answer(text: str) -> bool:
    """Return whether the last line of a text is an answer line with a verdict, of whatever item."""
    last = plain(text.strip().rpartition("\n")[2])
    found = _LABEL.match(last)
    if not found:
        return False
    value = _SIGN.split(found["rest"])[-1]
    return any(read_verdict(value, form) is not None for form in (*SINGLE, "grades"))


def _labelled(lines: list[_Line], form: Form, names: Names) -> Iterator[Claim]:
    for (raw, line), (next_raw, next_line) in zip(lines, [*lines[1:], *lines[-1:]], strict=True):
        if not (label := _LABEL.match(line)) or _INSTRUCTION.search(line):
            continue
        if (split := _split(label["rest"], names)) is None:
            continue
        item, value, number = split
        if value.strip():
            signs = [sign.start() for sign in _RAW_SIGN.finditer(raw[0])]
            place = signs[min(number, len(signs) - 1)] if signs else 0
            yield Claim(item, read_verdict(value, form), raw.start() + place, raw.end())
        else:
            yield Claim(item, read_verdict(next_line, form), next_raw.start(), next_raw.end())


def _unlabelled(lines: list[_Line], form: Form, names: Names, *, cut_off: bool) -> Iterator[Claim]:
    if names.only is None:
        for raw, line in lines:
            if (split := _split(line, names)) and (verdict := read_verdict(split[1], form)) is not None:
                yield Claim(split[0], verdict, raw.start(), raw.end())
        return
    if len(lines) == 1 and not cut_off:
        raw, line = lines[0]
        if (verdict := _said(_SHORT_LABEL.sub("", line), form)) is not None:
            yield Claim(names.only, verdict, raw.start(), raw.end())
    elif form != "grades":
        for number, (raw, line) in enumerate(lines):
            value = _SHORT_LABEL.sub("", line)
            announced = number > 0 and _ANNOUNCED.search(lines[number - 1][1])
            bare = _bare(form).fullmatch(value) and (announced or number == len(lines) - 1)
            if (bare or number == 0) and (verdict := _said(value, form)) is not None:
                yield Claim(names.only, verdict, raw.start(), raw.end())


def _bare(form: Form) -> re.Pattern[str]:
    """Return what a line is that has one word of the form, and nothing else."""
    return _BARE_WHERE if form in BOTH else _BARE


def _said(line: str, form: Form) -> Verdict | None:
    """Return the verdict that a line without a label is; what it says of missing knowledge is none."""
    return None if _ABOUT_KNOWLEDGE.search(line) else read_verdict(line, form)


def _split(rest: str, names: Names) -> tuple[str, str, int] | None:
    """Return item, value and the number of the sign between them; of several names, the longest."""
    found = None
    for number, sign in enumerate(islice(_SIGN.finditer(rest), _MOST_SIGNS)):
        head = rest[: sign.start()]
        item = names.find(head) if head.strip() else names.only
        if item is not None:
            found = item, rest[sign.end() :], number
    return found
