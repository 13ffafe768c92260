"""Files of other programs as runs: whatever the format, the figures are those of the same scores in rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from worlds import world

from core_harness.analysis.score import ScoredFile, score_file
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.runs.folder import open_run


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    world(perturbations=60).write_csv(tmp_path / "world.csv")
    return f"table:{tmp_path / 'world.csv'}"


def pairs() -> pl.DataFrame:
    """Return predictions of all test pairs of the dataset."""
    rows = world(perturbations=60).filter(split="test")
    noise = pl.Series(np.random.default_rng(2).integers(0, 40, rows.height) / 64)
    return rows.select("context", "perturbation", "gene", score=noise + 0.25 * rows["label"])


def scored(file: Path, dataset: str, **options: Any) -> ScoredFile:
    return score_file(file, RunSpec(dataset=dataset), Session(), **options)


def of_long(dataset: str, tmp_path: Path) -> ScoredFile:
    pairs().write_csv(tmp_path / "long.csv")
    return scored(tmp_path / "long.csv", dataset)


def gene_auroc(found: ScoredFile) -> float:
    return found.result.report.metrics["macro_gene_auroc"].value or 0.0


def test_a_context_in_another_case_is_the_same_one_and_said(dataset: str, tmp_path: Path) -> None:
    pairs().with_columns(context=pl.lit("C")).write_csv(tmp_path / "p.csv")
    lines: list[str] = []
    found = score_file(tmp_path / "p.csv", RunSpec(dataset=dataset), Session(notice=lines.append))
    assert found.received == of_long(dataset, tmp_path).received
    assert lines == [
        "p.csv: a table with one score a row, in column 'score'",
        "p.csv: context 'C' is read as 'c'",
    ]


def test_a_matrix_is_scored_as_the_same_rows_are(dataset: str, tmp_path: Path) -> None:
    wide = pairs().pivot("gene", index="perturbation", values="score")
    wide.write_csv(tmp_path / "wide.csv")
    found = scored(tmp_path / "wide.csv", dataset, out=tmp_path / "runs")
    wanted = of_long(dataset, tmp_path)
    assert found.result.report == wanted.result.report
    assert found.received.scored == wanted.received.scored
    assert found.result.run is not None
    file = open_run(found.result.run).manifest.file
    assert file is not None
    assert file.model_dump()["format"] == "wide"
    turned = wide.with_columns((1 - pl.col(pl.Float64)).name.keep())
    turned.write_csv(tmp_path / "turned.csv")
    assert gene_auroc(scored(tmp_path / "turned.csv", dataset)) == pytest.approx(
        1 - gene_auroc(wanted), abs=1e-12
    )
