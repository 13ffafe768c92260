"""What this package registers. Nothing is imported before it is used, so that listing plugins stays fast."""

from __future__ import annotations

from core_harness import Component, hookimpl


@hookimpl
def core_aggregators() -> list[Component]:
    """Register the aggregator."""
    return [
        Component(
            "kish-vote",
            "core_harness_kish_vote.kish_vote:KishVoteAggregator",
            "a vote that counts as many relatives as speak for themselves",
        )
    ]
