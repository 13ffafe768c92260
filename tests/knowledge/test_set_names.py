from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core_harness.errors import DataError
from core_harness.knowledge import LayerSource
from core_harness.knowledge.set_names import read_set_names


def layer(**keys: Any) -> LayerSource:
    about = {"name": "x", "file": "x.tsv", "source": "made up", "licence": "CC0-1.0"}
    return LayerSource.model_validate(about | keys)


def names(source: LayerSource, folder: Path) -> pl.DataFrame:
    found = read_set_names(source, folder / "x.tsv")
    assert found is not None
    return found


GO = layer(reader="annotations", columns=["go_id", "symbol"], names="name")


def test_names_of_annotated_sets(tmp_path: Path) -> None:
    text = "symbol\tgo_id\tname\nA\tGO:2\ttwo\r\nB\tGO:1\tone \nC\tGO:2\tand two\nD\tGO:3\t\nE\tGO:4\n\n"
    (tmp_path / "x.tsv").write_bytes(gzip.compress(text.encode()))
    assert names(GO, tmp_path).rows() == [("GO:1", "one"), ("GO:2", "and two")]


def test_names_of_modules_with_rows_of_any_length(tmp_path: Path) -> None:
    header = "\t".join(["Cluster number", "Heatmap URL", "Term", *"defghijk", "Genes"])
    rows = [
        "\t".join([*row, *"defghijk", *genes])
        for row, genes in ((["1", "", "p53"], "ABC"), (["2", "", ""], "A"))
    ]
    (tmp_path / "x.tsv").write_text("\n".join([header, *rows]))
    assert names(layer(reader="modules", names="Term"), tmp_path).rows() == [("1", "p53")]


def test_sets_without_other_names(tmp_path: Path) -> None:
    assert read_set_names(layer(reader="gmt"), tmp_path / "x.tsv") is None


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("go_id\tsymbol\tgo_name\n")
    with pytest.raises(DataError, match=r"x\.tsv, row 1: unknown column 'name'; did you mean 'go_name'\?"):
        names(GO, tmp_path)
