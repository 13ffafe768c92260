"""Audits: what a dataset can show, and what a run's figures are made of, each with a plain verdict."""

from __future__ import annotations

from core_harness.analysis.audit.auditing import audit
from core_harness.analysis.audit.dataset import DatasetAudit, audit_dataset
from core_harness.analysis.audit.run import RunAudit, audit_run

__all__ = ["DatasetAudit", "RunAudit", "audit", "audit_dataset", "audit_run"]
