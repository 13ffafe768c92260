"""Runs of the first schema load for ever. Whoever has to change these files breaks everybody's results."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from core_harness.audit import audit_run
from core_harness.catalog import catalog
from core_harness.cli import cli
from core_harness.compare import compare
from core_harness.metrics import report
from core_harness.registry import shipped_registry
from core_harness.runs import list_runs, open_run
from core_harness.truth import Datasets, score

GOLDEN = Path(__file__).parent / "golden" / "runs"
NAMES = ["schema-1-gene-frequency", "schema-1-voting"]


def test_they_are_listed_and_opened() -> None:
    runs = list_runs(GOLDEN)
    assert [run.name for run in runs] == NAMES
    for run in runs:
        assert run.state == "complete"
        assert run.manifest["schema_version"] == 1
        assert {"value", "low", "high", "genes", "pairs"} <= set(run.report()["metrics"]["macro_gene_auroc"])
        columns = ["pair_id", "context", "perturbation", "gene", "score", "status"]
        assert run.predictions().columns[:6] == columns


@pytest.mark.parametrize("name", NAMES)
def test_their_metrics_can_be_made_again(name: str) -> None:
    run = open_run(GOLDEN / name)
    (rows,) = score(run, Datasets(catalog())).repeats
    again = report(rows, seed=run.manifest["seed"]).as_dict()["metrics"]
    for metric, wrote in run.report()["metrics"].items():
        if metric in again:
            for key in ("value", "low", "high"):
                assert again[metric][key] == pytest.approx(wrote[key], abs=1e-9), (metric, key)


def test_they_are_compared_and_audited() -> None:
    frequency, voting = list_runs(GOLDEN)
    found = compare([frequency, voting], catalog())
    assert found.runs[1].value == pytest.approx(0.75)
    audited = audit_run(voting, shipped_registry(), catalog(), resamples=50)
    assert audited.metrics["macro_gene_auroc"].value == pytest.approx(0.75)


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs", "list", "--in", str(GOLDEN)],
        ["runs", "show", NAMES[1], "--in", str(GOLDEN)],
        ["compare", *NAMES, "--in", str(GOLDEN)],
        ["audit", NAMES[1], "--in", str(GOLDEN)],
    ],
    ids=lambda arguments: arguments[0],
)
def test_commands_take_them(arguments: list[str]) -> None:
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "SIMULATED" in done.output.upper()
