"""The audit of a dataset counts it and scores what needs no method."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_knowledge import write_data
from small_runs import SMALL
from worlds import world

from core_harness.analysis.audit import audit_dataset
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
