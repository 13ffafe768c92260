"""Data from their publishers: downloaded, checked, converted, and recorded with licence and digest."""

from __future__ import annotations

from core_harness.data.sources.manifest import Holding, Record, holdings
from core_harness.data.sources.pull import adopt, choose, lacking, pull

__all__ = ["Holding", "Record", "adopt", "choose", "holdings", "lacking", "pull"]
