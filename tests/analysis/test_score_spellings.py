"""Names of every format are matched under any spelling, and said with a count and an example."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from small_names import write_names

from core_harness.analysis.score import ScoredFile, score_file
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec

PERTURBED = ("ATF4", "HSPA5", "MDM2", "RPL11", "RPL23")
GENES = ("TP53", "RPL5", "KMT2A", "NKX2-1")
WRITTEN = ("ATF4+ctrl", "GRP78", "MDM2_sg1", "L11", "rpl23")
PERTURBATIONS_AS = dict(zip(PERTURBED, WRITTEN, strict=True))
GENES_AS = {"TP53": "ENSG00000141510.18", "RPL5": "rpl5", "KMT2A": "MLL", "NKX2-1": "NKX2-1"}


def predictions() -> pl.DataFrame:
    """Return a score of each pair, the higher the later."""
    pairs = [(perturbation, gene) for perturbation in PERTURBED for gene in GENES]
    frame = pl.DataFrame(pairs, schema=["perturbation", "gene"], orient="row")
    return frame.with_columns(score=pl.int_range(pl.len()) / frame.height)


def spelled() -> pl.DataFrame:
    return predictions().with_columns(
        pl.col("perturbation").replace(PERTURBATIONS_AS), pl.col("gene").replace(GENES_AS)
    )


def matrix(path: Path, index: str, columns: str, *, named: bool = True) -> Path:
    table = spelled().pivot(columns, index=index, values="score")
    (table if named else table.rename({index: "name"})).write_csv(path)
    return path


def pie(path: Path) -> Path:
    genes = [GENES_AS[gene] for gene in GENES]
    rows = spelled().group_by("perturbation", maintain_order=True).agg(pl.col("score").alias("p_de"))
    lists = pl.col("p_de").cast(pl.List(pl.Float32))
    rows = rows.with_columns(lists, dataset=pl.lit("one"), context=pl.lit("c"))
    said = json.dumps({"format_version": 1, "genes": {"one": genes}})
    rows.write_parquet(path, metadata={"pie": said})
    return path


def differential(path: Path) -> Path:
    p_value = (10 ** -pl.col("score")).alias("p_value")
    pl.DataFrame(spelled()).select(
        pl.col("perturbation").alias("target"),
        pl.col("gene").alias("feature"),
        p_value,
        p_value.alias("fdr"),
        pl.lit(0.1).alias("log2_fold_change"),
    ).write_csv(path)
    return path


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    write_names(tmp_path / "data")
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path / "data"))
    rows = (
        predictions()
        .with_row_index("at")
        .with_columns(
            context=pl.lit("c"), label=(pl.col("at") * 7 % 3 == 0).cast(pl.Int8), split=pl.lit("test")
        )
    )
    train = rows.with_columns(perturbation=pl.col("perturbation") + "X", split=pl.lit("train"))
    pl.concat([rows, train]).drop("at", "score").write_csv(tmp_path / "world.csv")
    return f"table:{tmp_path / 'world.csv'}"


def scored(file: Path, dataset: str) -> tuple[ScoredFile, list[str]]:
    lines: list[str] = []
    return score_file(file, RunSpec(dataset=dataset), Session(notice=lines.append)), lines


@pytest.mark.parametrize("form", ["long", "wide", "turned", "unnamed", "pie", "de-table"])
def test_all_pairs_are_found_under_any_spelling(form: str, dataset: str, tmp_path: Path) -> None:
    write = {
        "wide": lambda: matrix(tmp_path / "p.csv", "perturbation", "gene"),
        "turned": lambda: matrix(tmp_path / "p.csv", "gene", "perturbation"),
        "unnamed": lambda: matrix(tmp_path / "p.csv", "perturbation", "gene", named=False),
        "pie": lambda: pie(tmp_path / "p.parquet"),
        "de-table": lambda: differential(tmp_path / "p.csv"),
    }
    if form == "long":
        spelled().write_csv(path := tmp_path / "p.csv")
    else:
        path = write[form]()
    found, lines = scored(path, dataset)
    assert found.received.missing == found.received.not_asked == 0
    assert found.received.scored == len(PERTURBED) * len(GENES)
    answers = found.result.predictions.join(predictions(), on=["perturbation", "gene"], suffix="_written")
    assert (answers["score"] - answers["score_written"]).abs().max() < 1e-6  # type: ignore[operator]
    said = [line for line in lines if "matched under another spelling" in line]
    assert [line.partition(": ")[2] for line in said] == [
        "perturbations matched under another spelling: 5, e.g. ATF4+ctrl is ATF4",
        "genes matched under another spelling: 3, e.g. ENSG00000141510.18 is TP53",
    ]


def test_what_is_not_understood_is_counted(dataset: str, tmp_path: Path) -> None:
    table = spelled().with_columns(pl.col("gene").replace({"MLL": "NO1"}))
    table.pivot("gene", index="perturbation", values="score").write_csv(tmp_path / "p.csv")
    found, _ = scored(tmp_path / "p.csv", dataset)
    assert found.received.missing == len(PERTURBED)
    assert f"{len(PERTURBED)} of the 20 predictions are about other pairs." in found.sentences()
