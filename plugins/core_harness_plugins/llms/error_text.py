"""The sentence in what a provider says of an error: JSON in JSON, lists of faults, pages, reprs of Python."""

from __future__ import annotations

import ast
import html
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

_LONGEST = 20_000
"""Characters that are looked at: a body may have millions, and its message stands at the beginning."""
_DEEPEST = 32
"""Steps into a structure; JSON within JSON takes four."""
_OPENINGS = 20
"""Places where a structure may begin that are tried; a hostile body has thousands."""
_MOST_FAULTS = 3
"""Faults of a list that are told; the first ones say what to change."""

_MESSAGES = ("message", "msg", "detail", "error", "error_description", "description", "reason", "title")
_LISTS = ("errors", "details")
_NOISE = re.compile(r"(?:(?:litellm\.)?\w*(?:Error|Exception|Timeout)(?:: | - )|Error code: \d+(?: - |: )?)+")
_OPENING = re.compile(r"[{\[]|b['\"]|^['\"]")
_BROKEN = re.compile(r"""["'](?:message|msg|detail)["']\s*:\s*(["'])((?:\\.|(?!\1)[^\\])+)""")
_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_HIDDEN = re.compile(r"<(script|style|head)\b.*?(?:</\1>|$)|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z!][^>]*>")
_SPACES = re.compile(r"(?:\\+[nrt]|\s)+")
_LOOSE = re.compile(r" (?=[,.;:])")
_ESCAPED = re.compile(r"\\+([\"'/])|\\+u(?!d[89a-f])([0-9a-f]{4})", re.IGNORECASE)
_PARENTHESES = str.maketrans("{}", "()")


def sentence(text: str) -> str:
    """Return the message in a text, on one line, without escapes, markup or braces.

    The text is what litellm raises, or a provider sends: a message behind names of exceptions; a JSON object
    whose message may be JSON again; faults as FastAPI lists them; a page of HTML; a Python repr of any of
    these. Where no message can be found, what is there is told in plain words.
    """
    return _plain(_of_text(text[:_LONGEST], _DEEPEST))


def _of_text(text: str, depth: int) -> str:
    """Return a text with each structure in it replaced by its message."""
    text = text.strip()
    if (noise := _NOISE.match(text)) is not None:
        text = text[noise.end() :].strip()
    if not depth:
        return text
    for opening in islice(_OPENING.finditer(text), _OPENINGS):
        if (found := _structure(text, opening.start())) is not None:
            value, end = found
            before, after = _without_noise(text[: opening.start()]), text[end:].strip()
            said = _message(value, depth - 1)
            return " ".join(part for part in (before, said, _of_text(after, depth - 1)) if part)
    if (broken := _BROKEN.search(text)) is not None:  # cut off in the middle
        return _of_text(broken[2], depth - 1)
    return text


def _without_noise(text: str) -> str:
    return _NOISE.sub("", text).strip()


def _structure(text: str, start: int) -> tuple[Any, int] | None:
    """Return the JSON or Python value that begins there, and where it ends."""
    if text[start] in '{["':
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(text, start)
        except (ValueError, RecursionError):
            pass
        else:
            return value, end
    closing = {"{": "}", "[": "]"}.get(text[start], text[start + 1] if text[start] == "b" else text[start])
    end = text.rfind(closing) + 1
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd escapes in the text
            return ast.literal_eval(text[start:end]), end
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def _message(value: object, depth: int) -> str:
    """Return the message in a value that was parsed."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return _of_text(value, depth)
    if not depth:
        return ""
    if isinstance(value, Mapping):
        return _of_object(value, depth)
    if isinstance(value, list | tuple):
        faults = dict.fromkeys(filter(None, (_message(one, depth - 1) for one in value)))
        return "; ".join(list(faults)[:_MOST_FAULTS])
    return "" if value is None or isinstance(value, bool) else str(value)


def _of_object(found: Mapping[Any, Any], depth: int) -> str:
    """Return the message of an object, with what it is about; without one, its plain values."""
    said = next(_messages(found, depth), "")
    raw = found.get("metadata")
    if isinstance(raw, Mapping) and raw.get("raw"):  # OpenRouter: what the provider behind it said
        said = ": ".join(filter(None, (said, _message(raw["raw"], depth - 1))))
    if not said:
        scalars = {key: value for key, value in found.items() if isinstance(value, str | int | float)}
        return ", ".join(f"{key}: {value}" for key, value in scalars.items())
    if isinstance(place := found.get("loc"), list | tuple):
        where = ".".join(str(part) for part in place if part != "body")
        return f"{where}: {said}" if where else said
    about = found.get("param")
    return f"{said} ({about})" if isinstance(about, str) and about and about not in said else said


def _messages(found: Mapping[Any, Any], depth: int) -> Iterator[str]:
    for key in (*_MESSAGES, *_LISTS):
        if found.get(key) and (said := _message(found[key], depth - 1)):
            yield said


def _plain(text: str) -> str:
    """Return a text on one line, without markup, escapes and braces."""
    if _TAG.search(text):
        title = _TITLE.search(text)
        text = html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", text if title is None else title[2])))
    text = _ESCAPED.sub(lambda found: found[1] or chr(int(found[2], 16)), text)
    return _LOOSE.sub("", _SPACES.sub(" ", text)).translate(_PARENTHESES).strip()
