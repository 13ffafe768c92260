"""Scripted models and their server, for tests without network or key; and demonstrations.

Everything made with scripted models is labelled simulated: it shows that the program works, and nothing else.
"""

from __future__ import annotations

from core_harness.testing.faults import FAULTS
from core_harness.testing.scripted import SCRIPTED
from core_harness.testing.server import Stats, TestServer, serve

__all__ = ["FAULTS", "SCRIPTED", "Stats", "TestServer", "serve"]
