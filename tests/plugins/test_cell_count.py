"""The number of cells as a method: where a table says it, and refused where it does not."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from worlds import world

from core_harness.errors import MissingDataError
from core_harness.evaluation.result import Result
from core_harness.evaluation.running import evaluate_spec
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.vocabulary import Control

UNIT = ["context", "perturbation"]


def table(folder: Path, *, gaps: bool = False) -> Path:
    """Write a table whose perturbations have as many cells as genes that they change."""
    rows = world(perturbations=40, contexts=("a", "b"))
    cells = rows.group_by(UNIT).agg(pl.col("label").sum().alias("cells"))
    if gaps:
        cells = cells.with_columns(pl.when(pl.col("perturbation") != "P00").then("cells").alias("cells"))
    rows.join(cells, on=UNIT).write_csv(folder / "world.csv")
    return folder / "world.csv"


def evaluated(path: Path, strategy: str = "cell-count", control: Control | None = None) -> Result:
    spec = RunSpec(dataset=f"table:{path}", strategies=(strategy,), control=control)
    (result,) = evaluate_spec(Session(resamples=50), spec)
    return result


def test_the_number_of_cells_is_the_score_of_all_pairs_of_a_perturbation(tmp_path: Path) -> None:
    path = table(tmp_path)
    result = evaluated(path)
    known = pl.read_csv(path).filter(split="test").select(*UNIT, "gene", pl.col("cells").cast(pl.Float64))
    found = result.predictions.join(known, on=[*UNIT, "gene"])
    assert found.height == known.height
    assert found["score"].equals(found["cells"], null_equal=False)
    assert result.method.beyond_contrast == ("potency",)
    gene = result.report.metrics["macro_gene_auroc"].value
    assert gene is not None
    assert gene > 0.55


def test_a_perturbation_without_a_number_is_not_answered(tmp_path: Path) -> None:
    predictions = evaluated(table(tmp_path, gaps=True)).predictions
    without = predictions.filter(pl.col("score").is_null())
    assert set(without["perturbation"]) == {"P00"}
    assert set(without["status"]) == {"no_cells"}


def test_a_table_without_numbers_is_refused_in_one_line(tmp_path: Path) -> None:
    world(perturbations=40).write_csv(tmp_path / "world.csv")
    with pytest.raises(MissingDataError, match="needs the number of cells of each perturbation, and table:"):
        evaluated(tmp_path / "world.csv")


def test_other_methods_do_not_see_a_difference(tmp_path: Path) -> None:
    path = table(tmp_path)
    with_cells = evaluated(path, "gene-frequency").predictions
    pl.read_csv(path).drop("cells").write_csv(tmp_path / "plain.csv")
    assert with_cells.equals(evaluated(tmp_path / "plain.csv", "gene-frequency").predictions)


def test_names_that_are_codes_keep_their_cells(tmp_path: Path) -> None:
    path = table(tmp_path)
    assert evaluated(path, control="anonymised-names").predictions["score"].null_count() == 0
