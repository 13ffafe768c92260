"""Tests of predicted cells: significance is the score of de, the fold change that of dir."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from core_harness.data.predicted import read_predictions
from core_harness.errors import DataError
from core_harness.schemas import PAIRS
from core_harness.vocabulary import Question

QUERIES = pl.DataFrame(
    [(0, "c", "P0", "G0"), (1, "c", "P0", "G1"), (2, "c", "P1", "G0")], schema=dict(PAIRS), orient="row"
)
TOOLS = {
    "cell-eval": "target,feature,log2_fold_change,p_value,p_adj",
    "pdex": "target,feature,log2_fold_change,p_value,fdr",
    "scanpy": "group,names,logfoldchanges,pvals,pvals_adj",
    "Seurat": "cluster,gene,avg_log2FC,p_val,p_val_adj",
    "limma": "perturbation,gene,logFC,P.Value,adj.P.Val",
}
ROWS = [
    ("P0", "G0", -1.5, 0.001, 0.01),
    ("P0", "G1", 0.25, 0.1, 0.5),
    ("P1", "G0", 2.0, 0, 0),
    ("P1", "G9", 2.0, 0.5, 1),
    ("p1", "g0", 1.0, 0.5, 1),
]


def write(path: Path, header: str, rows: Sequence[tuple[object, ...]] = ROWS) -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def scores(path: Path, question: Question) -> list[tuple[str, str, float | None]]:
    frame = read_predictions(path, queries=QUERIES, question=question).frame
    return frame.select("perturbation", "gene", "score").rows()


@pytest.mark.parametrize("tool", TOOLS)
def test_significance_and_fold_change_of_each_tool(tool: str, tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", TOOLS[tool])
    found = read_predictions(path, queries=QUERIES, question="de")
    assert (found.format, found.rows) == ("de-table", 5)
    assert found.said.startswith(f"a table of differential expression of {tool}, scored by -log10 of column ")
    assert scores(path, "dir") == [
        ("P0", "G0", -1.5),
        ("P0", "G1", 0.25),
        ("P1", "G0", 2.0),
        ("p1", "g0", 1.0),
    ]
    by_pair = {(pert, gene): score for pert, gene, score in scores(path, "de")}
    assert by_pair["P0", "G0"] == pytest.approx(3)
    assert by_pair["P0", "G1"] == pytest.approx(1)
    assert 300 < (by_pair["P1", "G0"] or 0) < float("inf")


def test_without_p_values_the_adjusted_ones_count(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(*row[:3], row[4]) for row in ROWS]
    path = write(tmp_path / "p.csv", "target,feature,log2_fold_change,p_adj", rows)
    found = read_predictions(path, queries=QUERIES, question="de")
    assert found.said.endswith("scored by -log10 of column 'p_adj'")
    assert scores(path, "de")[0][2] == pytest.approx(2)


def test_a_missing_p_value_is_no_score(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [("P0", "G0", "NA", "NA", "NA"), *ROWS[1:]]
    path = write(tmp_path / "p.csv", TOOLS["cell-eval"], rows)
    assert scores(path, "de")[0][2] is None


def test_a_table_with_a_score_is_scored_by_it(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(*row, 0.5) for row in ROWS]
    path = write(tmp_path / "p.csv", TOOLS["limma"] + ",score", rows)
    assert {score for _, _, score in scores(path, "de")} == {0.5}


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        (TOOLS["cell-eval"], [("P0", "G0", 1, "low", 0.1)], "'low' is no number"),
        (
            TOOLS["cell-eval"],
            [("P0", "G0", 1, 0.1, 12)],
            "an adjusted p-value is 12; it lies",
        ),
        ("pert,gene,q", [("P0", "G0", 1)], "has not the columns of a table of differential expression"),
    ],
)
def test_what_is_no_such_table_is_one_line(
    header: str, rows: list[tuple[object, ...]], said: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "p.csv", header, rows)
    with pytest.raises(DataError, match=said):
        read_predictions(path, queries=QUERIES, question="de", form="de-table")
