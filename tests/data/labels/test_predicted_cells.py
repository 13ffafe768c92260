"""Predicted cells: tested like measured ones, and ranked with methods that were run here."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("anndata", reason="the extra anndata is not installed")
pytest.importorskip("numba_mwu", reason="the extra anndata is not installed")
pytestmark = pytest.mark.slow

from data.labels.test_cells import labelled, world, written  # noqa: E402
from small_knowledge import write_data  # noqa: E402

from core_harness.analysis.compare import compare  # noqa: E402
from core_harness.analysis.score import score_file  # noqa: E402
from core_harness.evaluation.running import evaluate_spec  # noqa: E402
from core_harness.evaluation.session import Session  # noqa: E402
from core_harness.evaluation.spec import RunSpec  # noqa: E402


def test_predicted_cells_are_scored_as_measured_ones_are_tested(tmp_path: Path) -> None:
    labelled(written(tmp_path / "measured.h5ad", world()), split="perturbation=.5")
    predicted = written(tmp_path / "predicted.h5ad", world(1500, draw=1))
    lines: list[str] = []
    for question in ("de", "dir"):
        table = f"table:{tmp_path / 'labels.csv'}"
        spec = RunSpec(dataset=table, parameters={"dataset": {"question": question}})
        found = score_file(predicted, spec, Session(notice=lines.append), out=tmp_path / "runs").result
        auroc = found.report.metrics["pooled_auroc"].value
        assert auroc is not None
        assert auroc > 0.9
    assert any("predicted cells, compared with controls as measured ones are" in line for line in lines)


def test_predicted_cells_rank_with_voting_on_the_same_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(tmp_path / "data")
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path / "data"))
    labelled(written(tmp_path / "measured.h5ad", world()), split="perturbation=.5")
    predicted = written(tmp_path / "predicted.h5ad", world(1500, draw=1))
    spec = RunSpec(dataset=f"table:{tmp_path / 'labels.csv'}", strategies=("voting",))
    session = Session(resamples=50)
    cells = score_file(predicted, spec, session, trained="train", out=tmp_path / "runs").result
    (voting,) = evaluate_spec(session, spec, out=tmp_path / "runs")
    found = compare([voting, cells], session, metric="pooled_auroc", resamples=50)
    assert found.pairs == voting.predictions.height
    first, second = found.runs
    assert (first.method, first.rank) == ("voting", 2)
    assert (second.method, second.rank) == ("predicted", 1)
