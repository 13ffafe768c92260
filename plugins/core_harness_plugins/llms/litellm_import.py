"""The one place that imports litellm."""

from __future__ import annotations

import logging
import os
from functools import cache
from typing import Any

from core_harness_plugins.llms.transport import bound_clients


@cache
def imported() -> Any:
    """Return litellm, imported quiet and offline, with bounded clients."""
    # else the import fetches a price list, and reads a .env that may stand anywhere above this file
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    import litellm  # noqa: PLC0415 - it takes seconds, and is not needed by a run that was answered
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler  # noqa: PLC0415

    litellm.suppress_debug_info = True
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)  # it warns at every call of what one model prefers
    bound_clients(AsyncHTTPHandler)
    return litellm
