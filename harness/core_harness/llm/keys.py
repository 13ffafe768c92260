"""The key of a stored reply: the digest of everything that changes an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from core_harness.llm.messages import Request

_FORMAT = 1
"""Raise it whenever the same request should be asked anew."""


def reply_key(identity: Mapping[str, object], request: Request) -> str:
    """Return the SHA-256, in hex, of the canonical JSON of a request to a model of this identity.

    Two requests that differ in model, address, sampling, message, form, item or sample differ in key;
    names of runs, timeouts and keys of providers have no part in it.
    """
    content = {
        "format": _FORMAT,
        "model": identity,
        "messages": [(message.role, message.content) for message in request.messages],
        "form": request.form,
        "items": request.items,
        "sample": request.sample,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    # a lone surrogate in a name must not end the run
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
