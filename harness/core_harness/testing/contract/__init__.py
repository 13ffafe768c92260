"""What holds of every component: :func:`check_component` and the checks that it runs."""

from __future__ import annotations

from core_harness.testing.contract.report import Report, check_component, checked, component_checks
from core_harness.testing.contract.subject import Check, Outcome

__all__ = ["Check", "Outcome", "Report", "check_component", "checked", "component_checks"]
