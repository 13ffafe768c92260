"""Names of genes and perturbations: what each is, and which of them mean the same."""

from __future__ import annotations

from core_harness.knowledge.names.forms import JOINED, is_control
from core_harness.knowledge.names.known import Known
from core_harness.knowledge.names.looks import looks_of
from core_harness.knowledge.names.recognise import Kind, Name, parts, recognise

__all__ = ["JOINED", "Kind", "Known", "Name", "is_control", "looks_of", "parts", "recognise"]
