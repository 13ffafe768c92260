"""A table of each tool is labelled as it is, and tables of the same results alike."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest
from data.labels.de_worlds import TOOLS, deseq2, pie, results

from core_harness.data.labels.making import label_files
from core_harness.data.labels.manifest import LabelManifest
from core_harness.data.labels.request import Columns, LabelRequest
from core_harness.errors import HarnessError

KEYS = ["context", "perturbation", "gene", "label"]


def label(paths: list[Path], request: LabelRequest | None = None) -> tuple[pl.DataFrame, LabelManifest]:
    out = paths[0].parent / "out.parquet"
    manifest = label_files(paths, request or LabelRequest(), out, tell=lambda *_: None)
    return pl.read_parquet(out), manifest


@pytest.fixture(scope="module")
def expected() -> pl.DataFrame:
    """Return what the banded preset says, worked out by hand."""
    rows = []
    for row in results().iter_rows(named=True):
        if row["perturbation"] == row["gene"]:
            continue
        if row["fdr"] <= 0.05 and abs(row["lfc"]) >= 0.585:
            said = "up" if row["lfc"] > 0 else "down"
        elif row["fdr"] >= 0.5 and abs(row["lfc"]) < 0.2:
            said = "none"
        else:
            continue
        rows.append(("unspecified", row["perturbation"], row["gene"], said))
    return pl.DataFrame(rows, schema=KEYS, orient="row").sort(KEYS)


@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_is_known_by_its_columns(tool: str, tmp_path: Path, expected: pl.DataFrame) -> None:
    table, manifest = label(TOOLS[tool](results(), tmp_path))
    assert {source.tool for source in manifest.files} == {tool.partition(",")[0]}
    assert table.select(KEYS).equals(expected)
    assert set(expected["label"]) == {"up", "down", "none"}
    assert manifest.counts.left_out == {"the perturbed gene itself": 4}


def test_pie_says_what_its_fold_changes_are_by_an_option(tmp_path: Path, expected: pl.DataFrame) -> None:
    paths = pie(results(), tmp_path)
    with pytest.raises(HarnessError, match=r"is column 'fold_change' a ratio or a logarithm\? say --fold"):
        label(paths)
    assert label(paths, LabelRequest(fold_change_space="ln"))[0].select(KEYS).equals(expected)


def test_any_other_table_is_mapped_by_options(tmp_path: Path, expected: pl.DataFrame) -> None:
    path = tmp_path / "mine.tsv"
    frame = results().select(
        pl.col("perturbation").alias("Guide"), pl.col("gene").alias("ID"), "lfc", pl.col("fdr").alias("q")
    )
    frame.write_csv(path, separator="\t")
    with pytest.raises(
        HarnessError, match=r"no table of a tool that is known here .*columns: Guide, ID, lfc"
    ):
        label([path])
    columns = Columns(perturbation="guide", gene="ID", fdr="q", fold_change="LFC")
    table, _ = label([path], LabelRequest(columns=columns, fold_change_space="log2"))
    assert table.select(KEYS).equals(expected)


def test_packed_files_and_files_of_r_read_alike(tmp_path: Path, expected: pl.DataFrame) -> None:
    plain = deseq2(results(), tmp_path)
    packed = []
    for path in plain:
        lines = path.read_text().splitlines()
        header = " ".join(f'"{name}"' for name in lines[0].split(",")[1:])  # no name for the first column
        text = "\n".join([header, *(line.replace(",", " ") for line in lines[1:])])
        packed.append(path.with_suffix(".txt.gz"))
        packed[-1].write_bytes(gzip.compress(text.encode()))
    assert label(packed)[0].select(KEYS).equals(expected)


def test_decimal_commas_and_semicolons(tmp_path: Path, expected: pl.DataFrame) -> None:
    paths = deseq2(results(), tmp_path)
    for path in paths:
        path.write_text(path.read_text().replace(",", ";").replace(".", ","))
    assert label(paths)[0].select(KEYS).equals(expected)


def test_contexts_come_from_a_column_or_from_folders(tmp_path: Path) -> None:
    paths = []
    for seed, context in enumerate(("K562", "HepG2")):
        (tmp_path / context).mkdir()
        paths += deseq2(results(seed=seed), tmp_path / context)
    with pytest.raises(HarnessError, match="of several contexts"):
        label(paths)
    by_folder, _ = label(paths, LabelRequest(from_path="{context}/{perturbation}"))
    whole = pl.concat(
        pl.read_csv(path, null_values="NA").with_columns(
            Cell_Line=pl.lit(path.parent.name), target=pl.lit(path.stem)
        )
        for path in paths
    )
    whole.write_csv(tmp_path / "all.csv")
    by_column, manifest = label([tmp_path / "all.csv"])
    assert by_column.equals(by_folder)
    assert manifest.files[0].columns["context"] == "Cell_Line"
    assert manifest.counts.contexts == 2


def test_cells_and_knockdown_are_kept(tmp_path: Path) -> None:
    frame = results()
    table, _ = label(TOOLS["pdex 0.2"](frame, tmp_path))
    assert set(table["cells"]) == {120.0}
    own = frame.filter(perturbation="MYC", gene="MYC")["lfc"].item()
    assert table.filter(perturbation="MYC")["knockdown"].unique().item() == pytest.approx(1 - 2**own)
