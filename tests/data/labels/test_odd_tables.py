"""Every odd table of results is read right or refused in one line; none is mislabelled without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from data.labels.de_worlds import deseq2, limma, pdex, pdex_linear, results, seurat
from data.labels.test_tools import label

from core_harness.data.labels.making import label_files
from core_harness.data.labels.request import LabelRequest
from core_harness.errors import DataError, HarnessError

FRAME = results()


def saved(frame: pl.DataFrame, folder: Path) -> list[Path]:
    return pdex(frame, folder)


def rewritten(old: str, new: str) -> Callable[[Path], list[Path]]:
    """Return a maker of pdex's table with a text replaced, once."""

    def make(folder: Path) -> list[Path]:
        (path,) = saved(FRAME, folder)
        path.write_text(path.read_text().replace(old, new, 1))
        return [path]

    return make


def content(text: bytes, name: str = "t.csv") -> Callable[[Path], list[Path]]:
    def make(folder: Path) -> list[Path]:
        (folder / name).write_bytes(text)
        return [folder / name]

    return make


def like_find_markers(folder: Path) -> list[Path]:
    return seurat(FRAME.filter(pl.col("lfc").abs() >= 0.1), folder)


def logarithms_as_ratios(folder: Path) -> list[Path]:
    (path,) = pdex_linear(FRAME, folder)
    pl.read_parquet(path).with_columns(pl.col("fold_change").log(2)).write_parquet(path)
    return [path]


def write(path: Path, **columns: list[object]) -> list[Path]:
    pl.DataFrame(columns).write_parquet(path)
    return [path]


HEADER = b"target,feature,log2_fold_change,p_value,fdr\n"
REFUSED: dict[str, tuple[Callable[[Path], list[Path]], str]] = {
    "topTable": (lambda at: limma(FRAME.group_by("perturbation").head(10), at), "ten rows a perturbation"),
    "significant only": (
        lambda at: saved(FRAME.filter(pl.col("fdr") <= 0.05), at),
        "no row that is not signi",
    ),
    "cut at an FDR": (
        lambda at: saved(FRAME.filter(pl.col("fdr") <= 0.2), at),
        "largest adjusted p-value is",
    ),
    "FindMarkers": (like_find_markers, "nearer to 0 than 0.1.* FindMarkers filters genes first"),
    "nothing changes": (lambda at: saved(FRAME.filter(pl.col("fdr") > 0.05), at), "no gene changes by these"),
    "logarithms of p": (
        lambda at: saved(FRAME.with_columns(-pl.col("fdr").log(10) * 3), at),
        "an adjusted p-value is .* between 0 and 1",
    ),
    "logarithms as ratios": (logarithms_as_ratios, "a ratio below 0' is no number"),
    "a word for a number": (rewritten("MYC,G3,", "MYC,G3,high"), "'high.*' is no number"),
    "a field too many": (rewritten("MYC,G3,", "MYC,G3,1,"), "cannot be read to its end"),
    "row numbers": (
        content(b",baseMean,log2FoldChange,padj\n1,9,1,.1\n2,9,1,.1\n3,9,1,.1\n"),
        "counts rows, and none names the genes",
    ),
    "no genes": (content(b"target,log2FoldChange,padj,baseMean\nA,1,.1,9\n"), "no column names the genes"),
    "two contexts": (
        content(b"target,feature,log2_fold_change,fdr,cell_line,tissue\nA,X,1,.1,K,lung\n"),
        "'cell_line' and 'tissue' may each say",
    ),
    "names in decimals": (
        lambda at: write(at / "t.parquet", target=[1.5], feature=["X"], log2_fold_change=[1.0], fdr=[0.1]),
        "column 'target': values of type Float64 are no names",
    ),
    "no rows": (content(HEADER), "has a header but no rows"),
    "empty": (content(b""), "is empty"),
    "doubled column": (content(b"target,feature,fdr,fdr\nA,X,1,1\n"), "column 'fdr' occurs 2 times"),
    "not UTF-8": (content(HEADER + b"A,\xff,1,1,1\n"), "is not UTF-8"),
    "damaged gzip": (content(b"\x1f\x8b\x08garbage", "t.csv.gz"), "is a damaged gzip file"),
    "no gzip": (content(HEADER + b"A,X,1,1,1\n", "t.csv.gz"), "is not a gzip file"),
    "no Parquet": (content(b"PAR1 but not really", "t.parquet"), "cannot be read to its end"),
    "another file": (content(b"hello\nworld\n"), "no table of a tool that is known here"),
    "a picture": (content(b"\x89PNG\0\0\0"), "holds NUL characters|is not UTF-8"),
    "another name": (content(b"", "t.xlsx"), "is not the name of a table"),
    "absent": (lambda at: [at / "absent.csv"], r"absent\.csv is not there"),
    "a folder": (lambda at: [at.with_name(f"{at.name}")], "is not the name of a table|is a folder"),
    "twice": (lambda at: saved(FRAME, at) * 2, "is named twice"),
    "its own output": (lambda at: [saved(FRAME, at)[0].rename(at / "out.parquet")], "is one of the files to"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_labelled_is_one_line(kind: str, tmp_path: Path) -> None:
    make, message = REFUSED[kind]
    folder = tmp_path / "in"
    folder.mkdir()
    paths = make(folder)
    with pytest.raises(HarnessError, match=message) as refused:
        label_files(paths, LabelRequest(), folder / "out.parquet", tell=lambda *_: None)
    assert "\n" not in str(refused.value)
    assert not list(folder.glob(".labels-*"))
    assert not list(folder.glob("*.manifest.json"))


@pytest.mark.parametrize("kind", ["topTable", "significant only", "cut at an FDR", "FindMarkers"])
def test_changed_genes_alone_may_still_be_written(kind: str, tmp_path: Path) -> None:
    paths = REFUSED[kind][0](tmp_path)
    table, manifest = label(paths, LabelRequest(negatives="leave-out"))
    assert set(table["label"]) == {"up", "down"}
    assert manifest.counts.prevalence == 1


def test_a_caller_who_knows_better_is_believed(tmp_path: Path) -> None:
    table, _ = label(like_find_markers(tmp_path), LabelRequest(negatives="trust"))
    assert set(table["label"]) == {"up", "down", "none"}


def test_what_was_not_tested_is_ambiguous_and_counted(tmp_path: Path) -> None:
    untested = pl.col("gene").is_in(["G1", "G2"])
    frame = FRAME.with_columns(pl.when(untested).then(None).otherwise("fdr").alias("fdr"))
    frame = frame.filter(~((pl.col("gene") == "G3") & (pl.col("perturbation") == "MYC")))
    table, manifest = label(deseq2(frame, tmp_path))
    assert table.filter(untested).is_empty()
    assert manifest.counts.ambiguous["no FDR"] == 8
    assert manifest.counts.ambiguous["absent"] == 1
    counts = manifest.counts
    made_of = sum([*counts.labels.values(), *counts.ambiguous.values(), *counts.left_out.values()])
    assert made_of == FRAME.height


def test_expression_counts_where_it_is_of_counts(tmp_path: Path) -> None:
    frame = FRAME.with_columns(pl.when(pl.col("gene") == "G4").then(3.0).otherwise("mean").alias("mean"))
    _, of_counts = label(deseq2(frame, tmp_path))
    assert of_counts.counts.ambiguous["little expressed"] > 0
    _, of_logs = label(limma(frame, tmp_path))
    assert "little expressed" not in of_logs.counts.ambiguous
    assert "AveExpr of limma is no mean of counts" in of_logs.notes[0]


def test_a_pair_with_two_labels_is_ambiguous_and_a_repeated_row_counts_once(tmp_path: Path) -> None:
    first = FRAME.filter(perturbation="MYC", gene="G0").with_columns(fdr=0.9, lfc=0.0)
    rest = FRAME.filter(~((pl.col("perturbation") == "MYC") & (pl.col("gene") == "G0")))
    other = first.with_columns(fdr=0.001, lfc=2.0)
    again = FRAME.filter(perturbation="TP53", gene="G1")
    plain, _ = label(saved(FRAME, tmp_path))
    table, manifest = label(saved(pl.concat([rest, first, other, again]), tmp_path))
    assert table.filter(perturbation="MYC", gene="G0").is_empty()
    assert manifest.counts.ambiguous["contradictory"] == 1
    assert manifest.counts.left_out["repeated"] == 2
    not_it = ~((pl.col("perturbation") == "MYC") & (pl.col("gene") == "G0"))
    assert table.equals(plain.filter(not_it))


def test_rows_without_names_and_blank_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    (path,) = saved(FRAME, tmp_path)
    with path.open("a") as file:
        file.write("MYC,NA,1,0.5,0.9\n,G1,1,0.5,0.9\n,,,,\n\n")
    table, manifest = label([path])
    assert manifest.counts.left_out["without a gene"] >= 2
    assert manifest.counts.left_out["without a perturbation"] >= 2
    assert table.equals(label(saved(FRAME, tmp_path))[0])


def test_fold_changes_that_look_like_ratios_are_pointed_out(tmp_path: Path) -> None:
    ratios = FRAME.with_columns(pl.lit(2.0).pow(pl.col("lfc")).alias("lfc"))
    with pytest.raises(DataError):  # and no negatives among them
        label(saved(ratios, tmp_path))
    _, manifest = label(saved(ratios, tmp_path), LabelRequest(negatives="leave-out"))
    assert any("say --fold-change-space linear" in note for note in manifest.notes)


def test_lines_may_end_as_on_old_machines(tmp_path: Path) -> None:
    (path,) = saved(FRAME, tmp_path)
    expected, _ = label([path])
    for end in (b"\r", b"\r\n"):
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", end))
        assert label([path])[0].equals(expected)


def test_a_file_of_another_program_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("precious")
    with pytest.raises(HarnessError, match="was not made by `data label`"):
        label_files(saved(FRAME, tmp_path), LabelRequest(), tmp_path / "labels.csv", tell=lambda *_: None)
    assert (tmp_path / "labels.csv").read_text() == "precious"
