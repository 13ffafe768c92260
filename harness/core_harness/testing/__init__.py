"""Scripted models and their server, for tests and demonstrations without network or key.

Everything made with them is labelled simulated: they show that the program works, and nothing else.
"""

from __future__ import annotations

from core_harness.testing.faults import FAULTS
from core_harness.testing.scripted import SCRIPTED
from core_harness.testing.server import Stats, TestServer, serve

__all__ = ["FAULTS", "SCRIPTED", "Stats", "TestServer", "serve"]
