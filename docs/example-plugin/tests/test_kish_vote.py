"""The aggregator ``kish-vote`` keeps the contract of its kind, and makes a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from core_harness import evaluate
from core_harness.testing import component_checks

from core_harness_kish_vote.kish_vote import KishVoteAggregator

WORLD = {"perturbations": 60, "genes": 20, "modules": 4}
"""A small simulated dataset."""


@pytest.mark.parametrize("check", component_checks(KishVoteAggregator(), pairs=2_000))
def test_the_contract(check: Callable[[], None]) -> None:
    check()


def test_it_makes_a_run() -> None:
    (run,) = evaluate("simulated", "voting", aggregator="kish-vote", parameters={"dataset": WORLD})
    assert run.predictions["score"].is_between(0, 1).any()
    assert run.report.metrics["macro_gene_auroc"].value is not None
