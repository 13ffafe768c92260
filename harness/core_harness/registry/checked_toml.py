"""TOML checked against a model; an error names the key and its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core_harness.errors import RegistryError

E = TypeVar("E", bound=BaseModel)


def parse_entry(kind: type[E], text: str, where: str) -> E:
    """Return TOML as one kind of entry; ``where`` names it in messages. Raises :class:`RegistryError`."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"{where}: not valid TOML: {error}") from None
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        # a misspelt key is also a missing one: say the former first
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        keys = [part for part in first["loc"] if part != "[key]"]
        line = line_of(text, keys)
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        key = ".".join(str(part) for part in keys)
        near = _near(key, kind) if first["type"] == "extra_forbidden" and len(keys) == 1 else ""
        raise RegistryError(f"{where}, line {line}, key {key}: {message_of(first)}{near}{more}") from None


def message_of(error: ErrorDetails) -> str:
    """Return what is wrong with a value, as part of a sentence."""
    message = error["msg"]
    if message == "Extra inputs are not permitted":
        return "there is no such key"
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _near(key: str, kind: type[BaseModel]) -> str:
    """Return the key that a misspelt one at the top may mean."""
    close = difflib.get_close_matches(key, kind.model_fields, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def line_of(text: str, keys: list[Any]) -> int:
    """Return the line of the deepest part of ``keys`` that is written in the text."""
    lines = text.splitlines()
    best, depth = 1, 0
    table: list[str] = []
    arrays: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
            table = []
            *parents, last = _dotted(header[2])
            for part in parents:
                table.append(part)
                if (array := ".".join(table)) in arrays:
                    table.append(str(arrays[array]))
            table.append(last)
            if header[1] == "[[":
                array = ".".join(table)
                arrays[array] = arrays.get(array, -1) + 1
                table.append(str(arrays[array]))
            path = table
        elif assignment := re.match(r"\s*([^=#]+?)\s*=", line):
            path = [*table, *_dotted(assignment[1])]
        else:
            continue
        shared = 0
        for mine, wanted in zip(path, keys, strict=False):
            if mine != str(wanted):
                break
            shared += 1
        if shared > depth and shared >= min(len(path), len(keys)):
            best, depth = number, shared
    return best


def _dotted(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", key)]
