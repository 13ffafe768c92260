"""Runs of the first schema load for ever. Whoever has to change these files breaks everybody's results."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core_harness import evaluate
from core_harness.asking.journal import Journal
from core_harness.audit import audit_run
from core_harness.catalog import catalog
from core_harness.cli import cli
from core_harness.compare import compare
from core_harness.errors import RunError
from core_harness.metrics import mean_report, report
from core_harness.registry import shipped_registry
from core_harness.runs import list_runs, open_run
from core_harness.runspec import RunSpec
from core_harness.truth import Datasets, score

GOLDEN = Path(__file__).parent / "golden" / "runs"
PARTIAL = "schema-1-isolated-partial"
SCORED = "schema-1-scored"
COMPLETE = [
    "schema-1-gene-frequency",
    "schema-1-isolated",
    SCORED,
    "schema-1-voting",
    "schema-1-voting-shuffled-labels",
]
ASKED = ["schema-1-isolated", PARTIAL]


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--in", str(GOLDEN)])


def test_they_are_listed_and_opened() -> None:
    runs = {run.name: run for run in list_runs(GOLDEN)}
    assert set(runs) == {*COMPLETE, PARTIAL}
    for name, run in runs.items():
        assert run.state == ("partial" if name == PARTIAL else "complete")
        assert run.manifest["schema_version"] == 1
        assert {"value", "low", "high", "genes", "pairs"} <= set(run.report()["metrics"]["macro_gene_auroc"])
        columns = ["pair_id", "context", "perturbation", "gene", "score", "status"]
        assert run.predictions().columns[:6] == columns
        if name != SCORED:
            assert RunSpec(**run.manifest["spec"]).dataset == "simulated"


@pytest.mark.parametrize("name", COMPLETE)
def test_their_metrics_can_be_made_again(name: str) -> None:
    run = open_run(GOLDEN / name)
    frames = score(run, Datasets(catalog())).repeats
    seed = run.manifest["seed"]
    found = report(frames[0], seed=seed)
    if len(frames) > 1:
        found = mean_report([report(frame, seed=seed, resamples=0) for frame in frames])
    again = found.as_dict()["metrics"]
    for metric, wrote in run.report()["metrics"].items():
        if metric in again:
            for key in ("value", "low", "high"):
                assert again[metric][key] == pytest.approx(wrote[key], abs=1e-9), (metric, key)


def test_they_are_compared_and_audited() -> None:
    frequency, isolated, voting, control = (open_run(GOLDEN / n) for n in COMPLETE if n != SCORED)
    found = compare([frequency, isolated, voting, control], catalog())
    assert [run.value for run in found.runs][:3] == pytest.approx([0.5, 0.5, 0.75])
    audited = audit_run(voting, shipped_registry(), catalog(), resamples=50)
    assert audited.metrics["macro_gene_auroc"].value == pytest.approx(0.75)
    assert "evidence count" in {stratum.by for stratum in audited.strata}
    assert audit_run(isolated, shipped_registry(), catalog(), resamples=50).not_told == {
        "evidence count": "the method uses no evidence"  # and no key of its model is needed to say so
    }


@pytest.mark.parametrize("name", ASKED)
def test_their_replies_can_be_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    shutil.copyfile(GOLDEN / name / "replies.sqlite", path)
    connection = sqlite3.connect(path)
    keys = [key for (key,) in connection.execute("SELECT key FROM replies")]
    connection.close()
    asking = open_run(GOLDEN / name).manifest["asking"]
    with Journal(path) as journal:
        replies = journal.own(keys)
        assert len(replies) == len(journal.attempts()) == journal.spent(None).calls == asking["calls"]
    assert all(reply.text and reply.logprobs for reply in replies.values())


def test_a_partial_run_counts_nowhere() -> None:
    partial = open_run(GOLDEN / PARTIAL)
    for use in (
        lambda: compare([open_run(GOLDEN / "schema-1-voting"), partial], catalog()),
        lambda: audit_run(partial, shipped_registry(), catalog()),
    ):
        with pytest.raises(RunError, match="is incomplete"):
            use()
    assert "did not end" in ran("runs", "show", PARTIAL).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs", "list"],
        *(["runs", "show", name] for name in COMPLETE),
        *(["runs", "show", name, "--format", "csv"] for name in COMPLETE),
        ["compare", "schema-1-gene-frequency", "schema-1-isolated", "schema-1-voting"],
        *(["audit", name] for name in COMPLETE[:-1]),
    ],
    ids=" ".join,
)
def test_commands_take_them(arguments: list[str]) -> None:
    done = ran(*arguments)
    assert done.exit_code == 0, done.output
    assert "SIMULATED" in done.stdout.upper()


def test_runs_of_today_say_all_that_they_say(tmp_path: Path) -> None:
    golden = open_run(GOLDEN / "schema-1-voting")
    (result,) = evaluate(
        "simulated", "voting", parameters=golden.manifest["spec"]["parameters"], out=tmp_path
    )
    assert result.run is not None
    assert set(golden.manifest) <= set(open_run(result.run).manifest)
