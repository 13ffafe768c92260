"""Files of a run folder that anyone may have written: regular ones only, of bounded size, depth and number.

Every limit is far above what this program writes. One that is hit is a :class:`RunError` of one line.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from core_harness.errors import RunError

MOST_BYTES = 1 << 18
"""Of a JSON file; a record has about 4 KB, a report 8 KB."""
MOST_VALUES = 5_000
"""Of a JSON file, objects and lists among them: what Python makes of them is much larger than the file."""
MOST_CHARACTERS = 10_000
"""Of a text or a name in a JSON file."""
MOST_SUBMITTER = 200
"""Characters of a submitter's name."""
DEEPEST = 16
"""Objects and lists within one another."""

_INTEGERS = range(-(2**63), 2**63)


def read_bytes(path: Path, *, most: int) -> bytes:
    """Return the content of a regular file of at most ``most`` bytes.

    Raises :class:`~core_harness.errors.RunError` for a file that is larger, cannot be read, or is no regular
    file: a link leads elsewhere, a pipe never ends, a device has no size.
    """
    try:
        # without O_NONBLOCK, opening a pipe that has no writer would wait for one
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = "it is a link, and only regular files are read" if path.is_symlink() else _why(error)
        raise RunError(f"{path} cannot be read: {why}") from None
    state = os.fstat(opened)
    if not stat.S_ISREG(state.st_mode):
        os.close(opened)
        raise RunError(f"{path} cannot be read: it is no regular file")
    with os.fdopen(opened, "rb") as file:
        try:
            content = b"" if state.st_size > most else file.read(state.st_size + 1)  # it may have grown
        except OSError as error:
            raise RunError(f"{path} cannot be read: {_why(error)}") from None
    if max(state.st_size, len(content)) > most:
        raise RunError(f"{path} is too large: {state.st_size:,} bytes, at most {most:,} are read")
    return content


def _why(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file.

    Raises :class:`~core_harness.errors.RunError` where there is none, a key stands twice in an object, a
    number is not finite or a whole one has more than 64 bits, or a limit of this module is hit.
    """
    content = read_bytes(path, most=MOST_BYTES)
    try:
        parsed = json.loads(content.decode(), object_pairs_hook=_object, parse_constant=_no_number)
        fault = _fault(parsed)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} cannot be read: {error}") from None
    if fault is not None:
        raise RunError(f"{path} cannot be used: {fault}")
    if not isinstance(parsed, dict):
        raise RunError(f"{path} holds {type(parsed).__name__}, wanted a JSON object")
    return parsed


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; of a key that stands twice, readers would believe one value or the other."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {max(keys, key=keys.count)!r:.100} stands twice in an object")
    return made


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _fault(parsed: Any) -> str | None:
    """Return why a value is not used; None where it is within the limits."""
    for number, (depth, value) in enumerate(_walk(parsed)):
        if number == MOST_VALUES:
            return f"more than {MOST_VALUES:,} values"
        if depth > DEEPEST:
            return f"objects and lists more than {DEEPEST} deep"
        if isinstance(value, float) and not math.isfinite(value):
            return "a number that is not finite"
        if isinstance(value, int) and value not in _INTEGERS:
            return "a whole number of more than 64 bits"
        if isinstance(value, str) and len(value) > MOST_CHARACTERS:
            return f"a text of {len(value):,} characters, at most {MOST_CHARACTERS:,} are read"
    return None


def _walk(parsed: Any) -> Iterator[tuple[int, Any]]:
    """Yield every value and key with its depth."""
    left = [(0, parsed)]
    while left:
        depth, value = left.pop()
        yield depth, value
        if isinstance(value, dict):
            left += ((depth + 1, key) for key in value)
            left += ((depth + 1, inner) for inner in value.values())
        elif isinstance(value, list):
            left += ((depth + 1, inner) for inner in value)
