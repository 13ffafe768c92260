"""A folder of Parquet files is the table that its files make together."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from core_harness.data.tables import check_rows, read_folder, read_rows
from core_harness.errors import DataError, MissingDataError, UsageError
from core_harness_plugins.datasets.table import Table

ROWS = pl.DataFrame(
    {
        "context": ["A", "A", "A", "B", "B", "B"],
        "pert": ["P1", "P1", "P2", "P1", "P3", "P3"],
        "gene": ["G1", "G2", "G1", "G1", "G1", "G2"],
        "label": [1, 0, 1, 0, 1, 0],
        "split": ["train", "train", "test", "test", "train", "train"],
    }
)


def written(folder: Path, *parts: pl.DataFrame) -> Path:
    for number, part in enumerate(parts):
        part.write_parquet(folder / f"part{number}.parquet")
    return folder


@pytest.mark.parametrize("column", ["context", "split"])
def test_rows_of_all_files_are_those_of_one_table(tmp_path: Path, column: str) -> None:
    whole = tmp_path / "whole.parquet"
    ROWS.write_parquet(whole)
    folder = tmp_path / "parts"
    folder.mkdir()
    written(folder, *ROWS.partition_by(column))
    (folder / "readme.txt").write_text("no table")
    found = check_rows(read_folder(folder, context="none").rows, "the folder")
    assert found.equals(read_rows(whole, context="none").rows.drop("row"))


def test_the_dataset_reads_a_folder_and_says_what_it_left_out_once(tmp_path: Path) -> None:
    blank = pl.concat([ROWS.select(pl.all().cast(pl.String)), pl.DataFrame({c: [""] for c in ROWS.columns})])
    dataset = Table(
        path=str(written(tmp_path, blank.filter(context="A"), *[blank.tail(4)] * 2)), names="written"
    )
    assert dataset.rows().height == 3 + 3 + 3
    assert dataset.notes == ("part1.parquet and 1 more files: 1 blank row was left out",)


def test_a_pair_in_two_files_is_refused_where_they_contradict_each_other(tmp_path: Path) -> None:
    folder = written(tmp_path, ROWS, ROWS.with_columns(label=1 - pl.col("label")))
    with pytest.raises(DataError, match="keep one of the two"):
        check_rows(read_folder(folder, context="none").rows, "the folder")


def test_a_folder_that_is_none_of_tables_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"holds no file \*\.parquet"):
        read_folder(tmp_path, context="none")
    written(tmp_path, ROWS)
    with pytest.raises(UsageError, match="need a column 'split'"):
        Table(path=str(tmp_path), split="perturbation=.5").rows()
    ROWS.with_columns(label=pl.Series(["up", "down", "none"] * 2)).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match="three kinds in some files"):
        read_folder(tmp_path, context="none")
