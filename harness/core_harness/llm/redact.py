"""Redaction: values of secret environment variables are replaced in messages and files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

_SECRET_NAME = re.compile(
    r"(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|AUTH|AUTHORIZATION|BEARER)$", re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHORTEST = 8
"""Shorter values (``1``, ``true``) are no secrets, and blacking them out would spoil the text."""


def is_secret(name: str) -> bool:
    """Return whether the value of an environment variable or an argument of this name is blacked out."""
    return _NAME.fullmatch(name) is not None and _SECRET_NAME.search(name) is not None


def redactor(environment: Mapping[str, str] = os.environ) -> Callable[[str], str]:
    """Return a function that replaces the value of each secret variable by the variable's name.

    A variable is secret if its name ends in ``KEY``, ``TOKEN``, ``SECRET``, ``PASSWORD``, ``CREDENTIALS``,
    ``AUTH``, ``AUTHORIZATION`` or ``BEARER``.
    """
    names = {
        value: name
        for name, value in environment.items()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST
    }
    if not names:
        return lambda text: text
    # the longest first: one secret may contain another
    pattern = re.compile("|".join(re.escape(value) for value in sorted(names, key=len, reverse=True)))
    return lambda text: pattern.sub(lambda found: f"[{names[found[0]]}]", text)
