"""The aggregator ``kish-vote`` keeps the contract of its kind, and makes a run."""

from __future__ import annotations

from core_harness import evaluate

WORLD = {"perturbations": 60, "genes": 20, "modules": 4}
"""A small simulated dataset."""


def test_it_makes_a_run() -> None:
    (run,) = evaluate("simulated", "voting", aggregator="kish-vote", parameters={"dataset": WORLD})
    assert run.predictions["score"].is_between(0, 1).any()
    assert run.report.metrics["macro_gene_auroc"].value is not None
