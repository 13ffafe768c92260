"""What both audits end with."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from core_harness.metrics import Estimate
from core_harness.text import figure

CHANCE = 0.5


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One sentence, and the reasons for it, each a sentence."""

    sentence: str
    reasons: tuple[str, ...]


def above_chance(estimate: Estimate) -> bool:
    """Return whether the whole interval of an AUROC lies above .5."""
    return estimate.low is not None and estimate.low > CHANCE


def shown(estimate: Estimate) -> str:
    """Return ``0.700 [0.680, 0.720]``, or what is known of it."""
    return figure(asdict(estimate))
