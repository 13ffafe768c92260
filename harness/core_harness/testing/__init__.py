"""Checks of components; scripted models and their server, for tests without network or key; demonstrations.

Everything made with scripted models is labelled simulated: it shows that the program works, and nothing else.
"""

from __future__ import annotations

from core_harness.testing.contract import Report, check_component, component_checks
from core_harness.testing.faults import FAULTS
from core_harness.testing.scripted import SCRIPTED
from core_harness.testing.server import Stats, TestServer, serve

__all__ = [
    "FAULTS",
    "SCRIPTED",
    "Report",
    "Stats",
    "TestServer",
    "check_component",
    "component_checks",
    "serve",
]
