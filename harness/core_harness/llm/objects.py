"""JSON objects in a reply: where they are, and what they claim, as models write them.

Text before and behind them, keys in any case, trailing commas and line ends inside texts are no obstacle.
An object that is broken, or that gives a field twice, claims nothing, and nor does what is inside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from core_harness.llm.claims import Claim, Names
from core_harness.llm.formats import BEST_GRADE, SINGLE, Form, Verdict
from core_harness.llm.verdicts import read_verdict

_MOST = 32
"""Objects that are looked at, from the front and from the back; a reply has one."""
_DEEPEST = 8

_OPENING = re.compile(r"\{(?=\s*[\"}])")
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
_VALUE = re.compile(r'"\s*(?:answer|grade)\s*"\s*:', re.IGNORECASE)


def in_objects(text: str, form: Form, names: Names) -> Iterator[Claim]:
    """Yield what the JSON objects of a text claim."""
    for start, stop in _spans(text):
        try:
            content = _loads(text[start:stop])
            verdicts = _verdicts(content, form, names.items)
        except (ValueError, RecursionError):
            continue
        places = [found.end() - 1 for found in _VALUE.finditer(text, start, stop)]
        if len(places) != len(verdicts):  # the reasoning quotes the format: no place is certain
            places = [stop] * len(verdicts)
        for (name, verdict), place in zip(verdicts, places, strict=True):
            if (item := names.find(name)) is not None:
                yield Claim(item, verdict, place, stop)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where outermost objects are; one that does not end hides all behind it."""
    position = 0
    for opening in islice(_OPENING.finditer(text), _MOST):
        if opening.start() < position:
            continue
        stop = _closing(text, opening.start())
        if stop is None:
            return
        yield opening.start(), stop
        position = stop


def _closing(text: str, start: int) -> int | None:
    depth = 0
    for part in _PART.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(part[0], 0)
        if depth == 0 and part[0] == "}":
            return part.end()
    return None


def _loads(text: str) -> Any:
    text = _TRAILING_COMMA.sub(lambda found: found[1] or "", text)
    return json.loads(text, object_pairs_hook=_unique, strict=False)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = {key.strip().casefold(): value for key, value in pairs}
    if len(content) < len(pairs):
        raise ValueError("a field is given twice")
    return content


def _verdicts(content: Any, form: Form, items: Sequence[str]) -> list[tuple[str, Verdict | None]]:
    field = "grade" if form == "grades" else "answer"
    if form in SINGLE:
        return [(item, _value(value, form)) for item in items[:1] for value in _under(content, field)]
    lists = [found for found in _under(content, f"{field}s") if isinstance(found, list)]
    return [
        (str(entry["item"]), _value(entry[field], form))
        for entries in lists
        for entry in entries
        if isinstance(entry, dict) and {"item", field} <= entry.keys()
    ]


def _under(content: Any, field: str, depth: int = 0) -> Iterator[Any]:
    """Yield the values of a field, in the object or in an object inside it."""
    if isinstance(content, dict) and depth < _DEEPEST:
        for key, value in content.items():
            if key == field:
                yield value
            else:
                yield from _under(value, field, depth + 1)


def _value(value: Any, form: Form) -> Verdict | None:
    if form == "grades":
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= BEST_GRADE
        return value if whole else None
    return read_verdict(value, form) if isinstance(value, str) else None
