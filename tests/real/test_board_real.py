"""The paper's suite on K562, without a model: what can be run is ranked, the rest is not run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core_harness.evaluation.session import Session
from core_harness.leaderboard import build
from core_harness.registry.loading import shipped_registry
from core_harness.suites.run import run_suite

DATA = Path(os.environ.get("CORE_HARNESS_DATA", Path(__file__).parents[3] / "shared" / "data"))

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (DATA / "perturbqa" / "k562-de.csv").is_file(), reason=f"PerturbQA is not in {DATA}"
    ),
]


def test_the_board_of_the_paper_s_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(DATA))
    suite = shipped_registry().suites["core-paper"].model_copy(update={"datasets": ("perturbqa/k562",)})
    registry = shipped_registry().model_copy(update={"suites": {"core-paper": suite}})
    states = run_suite(suite, Session(registry), out=tmp_path)
    assert [state.cell.strategy for state in states if state.reason is None] == list(suite.strategies)
    board = build([tmp_path], "core-paper", Session(registry))
    assert not board.simulated
    first, second = board.ranked("perturbqa/k562")
    assert [run.manifest.method.name for run in (first, second)] == ["voting", "gene-frequency"]
    assert first.rank is not None
    assert second.rank is not None
    assert (first.rank.position, second.rank.position) == (1, 2)
    assert second.figures.report["metrics"]["pooled_auroc"]["value"] == pytest.approx(0.957, abs=5e-4)
    assert second.figures.ranking.value == 0.5
    assert set(board.not_run("perturbqa/k562")["not among the runs"]) == {
        f"{strategy} · qwen" for strategy in suite.asking
    }
