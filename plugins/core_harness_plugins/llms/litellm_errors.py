"""What litellm's exceptions mean: worth another attempt, or not."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from core_harness.llm import Permanent, Transient
from core_harness_plugins.llms.error_text import sentence
from core_harness_plugins.llms.transport import Call

_HOPELESS = frozenset({401, 402, 404})
"""A wrong key, an unpaid account, an unknown model: the same for every request."""
_REFUSED = frozenset({400, 403, 413, 415, 422})
"""The provider will not take this request."""
_TURNED_AWAY = frozenset({429, 503, 529})
"""The provider has too much to do, and has done nothing of it."""
_QUOTA = re.compile(r"insufficient_quota|exceeded your current quota|billing", re.IGNORECASE)
_LONGEST = 300


def failure_of(error: Exception, call: Call) -> Transient | Permanent:
    """Return the failure that an exception of litellm's stands for, after what the transport saw."""
    if call.failure is not None:
        return call.failure
    if call.replied:
        ours = isinstance(error, Transient)
        cause = str(error) if ours else f"the reply cannot be read: {_cause(error, None)}"
        return Transient(cause, tokens=call.tokens)
    status = getattr(error, "status_code", None)
    cause = _cause(error, status)
    if type(error).__name__ == "UnsupportedParamsError":  # litellm itself refuses, before it sends anything
        return Permanent(cause, hopeless=True)
    if status in _HOPELESS or (status == 429 and _QUOTA.search(str(error))):
        return Permanent(cause, hopeless=True)
    if status in _REFUSED:
        return Permanent(cause)
    wait = retry_after(getattr(error, "litellm_response_headers", None) or {}, time.time())
    return Transient(cause, retry_after=wait, turned_away=status in _TURNED_AWAY)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that a response asks to wait, or None (RFC 9110, 10.2.3: seconds or a date)."""
    by_name = {name.lower(): value for name, value in headers.items()}
    try:
        if (milliseconds := by_name.get("retry-after-ms")) is not None:
            seconds = float(milliseconds) / 1000
        elif (value := by_name.get("retry-after")) is None:
            return None
        elif re.fullmatch(r"\d+(\.\d+)?", value.strip()):
            seconds = float(value)
        else:
            seconds = parsedate_to_datetime(value).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _cause(error: Exception, status: int | None) -> str:
    """Return the status and the provider's own message, in one plain sentence."""
    if type(error).__name__ == "Timeout":
        return "no reply in time"
    return f"{status or type(error).__name__}: {sentence(str(error))[:_LONGEST]}"
