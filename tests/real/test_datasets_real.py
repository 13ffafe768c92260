"""PerturbQA's own files: what they hold is what their description says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core_harness.data.tables import check_rows
from core_harness.schemas import ROWS
from core_harness_plugins.datasets.perturbqa import PerturbQA
from core_harness_plugins.datasets.table import Table

pytestmark = [pytest.mark.real, pytest.mark.slow]

BESIDE = Path(__file__).parents[3] / "shared" / "data"

# line, question: rows and perturbations of train and test, positives
COUNTS = {
    ("k562", "de"): (134_467, 1_564, 23_212, 267, 19_980),
    ("k562", "dir"): (16_861, 1_489, 3_119, 242, 13_571),
    ("hepg2", "de"): (101_140, 1_086, 25_749, 278, 17_860),
    ("hepg2", "dir"): (14_257, 1_011, 3_603, 253, 7_848),
}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the real data, named to the datasets too; skip where there is none."""
    data = Path(os.environ.get("CORE_HARNESS_DATA") or BESIDE)
    if not (data / "perturbqa").is_dir():
        pytest.skip(f"no folder perturbqa in {data}; set CORE_HARNESS_DATA")
    monkeypatch.setenv("CORE_HARNESS_DATA", str(data))
    return data


@pytest.mark.parametrize(("line", "question"), COUNTS)
def test_counts(line: Any, question: Any) -> None:
    rows = PerturbQA(line=line, question=question).rows()
    train, test = (rows.filter(pl.col("split") == split) for split in ("train", "test"))
    assert (
        train.height,
        train["perturbation"].n_unique(),
        test.height,
        test["perturbation"].n_unique(),
        rows["label"].cast(pl.Int64).sum(),
    ) == COUNTS[line, question]


@pytest.mark.parametrize(
    ("line", "prevalence", "genes", "evaluable"), [("k562", 0.134, 4118, 665), ("hepg2", 0.140, 7096, 707)]
)
def test_what_is_asked_of_the_test_rows(line: Any, prevalence: float, genes: int, evaluable: int) -> None:
    test = PerturbQA(line=line).rows().filter(pl.col("split") == "test")
    by_gene = test.group_by("gene").agg(pl.col("label").n_unique().alias("classes"))
    assert test["label"].mean() == pytest.approx(prevalence, abs=5e-4)
    assert by_gene.height == genes
    assert by_gene.filter(pl.col("classes") == 2).height == evaluable


def test_a_line_by_path_is_the_line_by_name(folder: Path, tmp_path: Path) -> None:
    by_name = PerturbQA(line="k562").rows()
    by_path = Table(path=str(folder / "perturbqa" / "k562-de.csv"), names="written").rows()
    assert by_path.drop("context").equals(by_name.drop("context"))
    shuffled = tmp_path / "shuffled.parquet"
    by_name.drop("row").sample(fraction=1, shuffle=True, seed=1).write_parquet(shuffled)
    assert Table(path=str(shuffled), names="written").rows().select(*ROWS).equals(by_name.select(*ROWS))


def test_rows_that_were_checked_pass_unchanged() -> None:
    rows = PerturbQA(line="hepg2").rows()
    assert check_rows(rows, "hepg2").equals(rows)
