"""What one cell of a suite spends is not there for the next one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from core_harness.evaluation.session import Session
from core_harness.llm import Price, Settings
from core_harness.registry.entries import DatasetEntry, SuiteEntry
from core_harness.registry.loading import shipped_registry
from core_harness.suites.run import run_suite
from core_harness.testing import TestServer

DOLLAR_A_TOKEN = Price(prompt=1e6, completion=1e6, date="2026-11-01")
REGISTRY = shipped_registry().model_copy(
    update={
        "datasets": {
            name: DatasetEntry(
                summary="a small world",
                component="simulated",
                parameters={"perturbations": perturbations, "genes": 20, "modules": 4},
            )
            for name, perturbations in (("first", 20), ("second", 21))
        }
    }
)


def asked(
    datasets: Sequence[str], limit: float | None, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[str | None], int]:
    """Ask a model about datasets; return the reason of each cell, and the dollars by the server's count."""
    suite = SuiteEntry(
        summary="a model on datasets",
        datasets=tuple(datasets),
        task="de",
        strategies=("constant",),
        asking=("isolated",),
        models=("qwen",),
        coverage=1.0,
        reference="constant",
    )
    folder = Path("-".join([*datasets, str(limit)]))
    settings = Settings(price=DOLLAR_A_TOKEN, max_cost=limit)
    with TestServer(model="always-plausible") as server:
        for name, value in {**server.environment, "CORE_HARNESS_CACHE": str(folder / "cache")}.items():
            monkeypatch.setenv(name, value)
        states = run_suite(suite, Session(REGISTRY, settings=settings), out=folder, model="qwen")
    reasons = [state.reason for state in states if state.cell.model]
    return reasons, server.stats.prompt_tokens + server.stats.completion_tokens


@pytest.mark.slow
def test_a_cell_may_spend_what_the_ones_before_it_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (alone, first), (alike, second) = (asked([name], None, monkeypatch) for name in ("first", "second"))
    assert alone == alike == [None]
    limit = first + second / 2
    (whole, cut), spent = asked(["first", "second"], limit, monkeypatch)
    assert whole is None
    assert str(cut).startswith("partial")
    assert first < spent <= limit
