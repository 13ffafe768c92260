"""The audit of a dataset counts it and scores what needs no method."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from small_knowledge import write_data
from small_runs import SMALL
from worlds import world

from core_harness.analysis.audit import audit_dataset
from core_harness.analysis.audit.listing import listed_elsewhere
from core_harness.errors import HarnessError
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.plugins.catalog import catalog


def of_dataset(dataset: str, **options: Any) -> dict[str, Any]:
    spec = RunSpec(dataset=dataset, parameters=options.pop("parameters", {}))
    found = audit_dataset(spec, Session(), **options).as_dict()
    again: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    return again


def test_a_dataset_is_counted() -> None:
    found = of_dataset("simulated", parameters=SMALL)
    made_again = catalog().make("dataset", "simulated", SMALL["dataset"]).object.rows()
    test = made_again.filter(split="test")
    assert found["simulated"] is True
    assert (found["pairs"], found["train_pairs"]) == (test.height, made_again.height - test.height)
    assert found["prevalence"] == pytest.approx(test["label"].mean())
    assert found["by_perturbation"]["over"] == found["perturbations"] == 30
    assert found["pairs_by_gene"]["over"] == found["evaluable_genes"]
    by_name = {plain["method"]: plain for plain in found["plain"]}
    assert by_name["gene frequency"]["macro_gene_auroc"]["value"] == 0.5
    assert list(by_name) == ["gene frequency", "potency", "symbol", "listing"]
    assert found["direction_listed"]["value"] == 1.0
    assert found["agreements"] == found["elsewhere"] == []
    assert "judge methods per gene" in found["verdict"]["sentence"]


def test_without_a_graph_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path))
    world(perturbations=60, contexts=("a", "b")).write_csv(tmp_path / "world.csv")
    found = of_dataset(f"table:{tmp_path / 'world.csv'}")
    assert found["synonyms"] is None
    assert found["synonyms_missing"]
    by_name = {plain["method"]: plain for plain in found["plain"]}
    assert by_name["potency"]["macro_gene_auroc"] is None
    assert by_name["potency"]["missing"]
    assert by_name["symbol"]["macro_gene_auroc"]["value"] is not None
    assert len(found["agreements"]) == len(found["elsewhere"]) == 2


def test_what_cells_and_other_lists_alone_reach_stands_beside_the_methods(tmp_path: Path) -> None:
    """Strong perturbations have more cells here, and a changed pair is listed in another context too."""
    rows = world(perturbations=60, contexts=("a", "b"))
    strength = rows.group_by("context", "perturbation").agg(pl.col("label").sum().alias("cells"))
    rows = rows.join(strength, on=["context", "perturbation"]).filter(
        (pl.col("context") == "a") | (pl.col("label") == 1)
    )
    own, other = rows.filter(context="a"), rows.filter(context="b")
    own.write_csv(tmp_path / "own.csv")
    found = {plain["method"]: plain for plain in of_dataset(f"table:{tmp_path / 'own.csv'}")["plain"]}
    counted = found["cell count"]["macro_gene_auroc"]
    assert counted["low"] > 0.5
    assert "knockdown" not in found
    assert "listing elsewhere" not in found

    with_null = own.with_columns(cells=pl.when(pl.col("perturbation") != "P00").then("cells"))
    with_null.write_csv(tmp_path / "partly.csv")
    partly = of_dataset(f"table:{tmp_path / 'partly.csv'}")["plain"]
    assert "cell count" not in {plain["method"] for plain in partly}

    session = Session()
    spec = RunSpec(dataset=f"table:{tmp_path / 'own.csv'}")
    listed = listed_elsewhere(spec, session, other)["macro_gene_auroc"].value
    queries = own.filter(split="test")
    here = queries.join(other, on=["perturbation", "gene"], how="left", suffix="_other")
    by_gene = [
        roc_auc_score(gene["label"], gene["label_other"].is_not_null())
        for _, gene in here.group_by("gene")
        if gene["label"].n_unique() == 2
    ]
    assert listed == pytest.approx(sum(by_gene) / len(by_gene))


def test_a_split_that_leaks_under_two_spellings_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path / "data"))
    write_data(tmp_path / "data")
    rows = world(perturbations=60)
    guides = rows.filter(perturbation="P01").with_columns(perturbation=pl.lit("P00_sg2"))
    pl.concat([rows, guides]).write_csv(tmp_path / "world.csv")
    found = of_dataset(f"table:{tmp_path / 'world.csv'}")
    assert found["synonyms"]["across_splits"] == 1
    assert "perturbations in train and in test under two spellings: 1 (P00_sg2 and P00)" in found["notes"]
    assert any("the split leaks" in reason for reason in found["verdict"]["reasons"])


def test_an_unknown_context_is_one_line() -> None:
    with pytest.raises(HarnessError, match="unknown context 'x'"):
        of_dataset("simulated", parameters=SMALL, contexts=["x"])
