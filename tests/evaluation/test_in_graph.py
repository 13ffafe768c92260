"""Names that the graph does not know: said in place of a verdict, and kept in the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_knowledge import write_data
from worlds import world

from core_harness.analysis.audit import audit_run
from core_harness.analysis.audit.strata import parts_seen
from core_harness.evaluation.running import evaluate_spec
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.evaluation.verdict import why_no_verdict
from core_harness.runs.folder import open_run


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_HARNESS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CORE_HARNESS_CACHE", str(tmp_path / "cache"))
    write_data(tmp_path / "data")


def evaluated(tmp_path: Path, called: list[str], strategy: str) -> tuple[dict[str, Any], Path]:
    """Return the result of a strategy on a world whose perturbations have other names, and its run."""
    rows = world(perturbations=len(called)).with_columns(
        pl.col("perturbation").replace_strict({f"P{p:02}": name for p, name in enumerate(called)})
    )
    rows.write_csv(tmp_path / "t.csv")
    spec = RunSpec(dataset=f"table:{tmp_path / 't.csv'}", strategies=[strategy])
    (result,) = evaluate_spec(Session(resamples=20), spec, out=tmp_path / "runs")
    assert result.run is not None
    return result.as_dict(), result.run


NAMES = {
    "Ensembl identifiers": [f"ENSG{number:011}" for number in range(20)],
    "mouse symbols": [f"Rpl{number}" for number in range(20)],
    "combinations": [f"X{number}+Y" for number in range(20)],
}


@pytest.mark.parametrize("look", NAMES)
def test_unknown_names_are_said_in_place_of_a_verdict(look: str, tmp_path: Path) -> None:
    result, folder = evaluated(tmp_path, NAMES[look], "voting")
    why = why_no_verdict(result)
    assert why is not None
    assert why.startswith(f"0 of 20 perturbations are in the graph; these look like {look}: ")
    record = json.loads((folder / "run.json").read_text())
    assert record["identifiers"]["in_graph"] == result["in_graph"]
    audit = audit_run(open_run(folder), Session(resamples=20), resamples=20)
    assert audit.verdict.sentence == f"No verdict: {why}."


def test_what_reads_no_graph_says_nothing_of_it(tmp_path: Path) -> None:
    result, _ = evaluated(tmp_path, NAMES["mouse symbols"], "gene-frequency")
    assert result["in_graph"] is None


def test_parts_of_combinations_that_were_seen_are_counted() -> None:
    asked = [("c", "A+B", "g"), ("c", "A+X", "g"), ("c", "X+Y", "g"), ("c", "A", "g"), ("d", "A+B", "g")]
    measured = [("c", "A"), ("c", "B+C"), ("d", "Z")]
    found = parts_seen(
        pl.DataFrame(asked, schema=["context", "perturbation", "gene"], orient="row"),
        pl.DataFrame(measured, schema=["context", "perturbation"], orient="row"),
    )
    assert found["value"].to_list() == [2.0, 1.0, 0.0, None, 0.0]
