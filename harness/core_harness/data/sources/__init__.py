"""Data from their publishers: downloaded, checked, converted, and recorded with licence and digest.

The names below are imported when they are first used: who reads the manifest needs no HTTP client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core_harness.data.sources.manifest import Holding, Record, holdings
    from core_harness.data.sources.pull import adopt, choose, lacking, pull

__all__ = ["Holding", "Record", "adopt", "choose", "holdings", "lacking", "pull"]

_IN_MANIFEST = {"Holding", "Record", "holdings"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "manifest" if name in _IN_MANIFEST else "pull"
    return getattr(import_module(f"{__name__}.{home}"), name)
