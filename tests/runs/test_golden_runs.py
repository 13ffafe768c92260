"""Runs of the first schema load for ever. Whoever has to change these files breaks everybody's results."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from math import isnan
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from core_harness import evaluate
from core_harness.analysis.audit import audit_run
from core_harness.analysis.compare import compare
from core_harness.analysis.rescore import rescore
from core_harness.cli import cli
from core_harness.errors import RunError
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import Parameters, spec_of
from core_harness.llm.journal import Journal
from core_harness.metrics import Resampled, checked, draw_clusters, mean_report, measures, report
from core_harness.runs.folder import list_runs, open_run
from core_harness.runs.manifest import SCHEMA_VERSION

GOLDEN = Path(__file__).parents[1] / "golden" / "runs"
PARTIAL = "schema-1-isolated-partial"
SCORED = "schema-1-scored"
COMPLETE = [
    "schema-1-gene-frequency",
    "schema-1-isolated",
    SCORED,
    "schema-1-voting",
    "schema-1-voting-shuffled-labels",
]
Figure = tuple[float | None, float | None, float | None]
ASKED = ["schema-1-isolated", PARTIAL]


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--in", str(GOLDEN)])


def test_they_are_listed_and_opened() -> None:
    runs = {run.name: run for run in list_runs(GOLDEN)}
    assert set(runs) == {*COMPLETE, PARTIAL}
    for name, run in runs.items():
        assert run.state == ("partial" if name == PARTIAL else "complete")
        assert run.manifest.schema_version == SCHEMA_VERSION
        assert {"value", "low", "high", "genes", "pairs"} <= set(run.report()["metrics"]["macro_gene_auroc"])
        columns = ["pair_id", "context", "perturbation", "gene", "score", "status"]
        assert run.predictions().columns[:6] == columns
        if name != SCORED:
            assert spec_of(run.manifest).dataset == "simulated"
            assert run.manifest.method.made_here


@pytest.mark.parametrize("name", COMPLETE)
def test_their_metrics_can_be_made_again(name: str) -> None:
    run = open_run(GOLDEN / name)
    frames = rescore(run, Session()).repeats
    seed = run.manifest.task.seed
    again = as_drawn_then(checked(frames[0]), seed) if len(frames) == 1 else over_seeds(frames, seed)
    for metric, wrote in run.report()["metrics"].items():
        if metric in again:
            figure = (wrote["value"], wrote["low"], wrote["high"])
            if again[metric][1] is None:  # they rest on few pairs, of which no interval is made today
                figure = (wrote["value"], None, None)
            assert again[metric] == pytest.approx(figure, abs=1e-9), metric


def as_drawn_then(rows: pl.DataFrame, seed: int) -> dict[str, Figure]:
    """Return each metric, with the interval from resamples of as many perturbations as there are."""
    draws = draw_clusters(rows["cluster"].n_unique(), seed=seed, resamples=1000, share=1)
    again = {name: Resampled.of([measure], draws) for name, measure in measures(rows).items()}
    return {
        name: (None if isnan(run.value) else run.value, *(run.interval(name) or (None, None)))
        for name, run in again.items()
    }


def over_seeds(frames: Sequence[pl.DataFrame], seed: int) -> dict[str, Figure]:
    """Return each metric as the mean over the seeds of a control."""
    found = mean_report([report(frame, seed=seed, resamples=0) for frame in frames])
    return {name: (metric.value, metric.low, metric.high) for name, metric in found.metrics.items()}


def test_they_are_compared_and_audited() -> None:
    frequency, isolated, voting, control = (open_run(GOLDEN / n) for n in COMPLETE if n != SCORED)
    found = compare([frequency, isolated, voting, control], Session())
    assert [run.value for run in found.runs][:3] == pytest.approx([0.5, 0.5, 0.75])
    audited = audit_run(voting, Session(), resamples=50)
    assert audited.metrics["macro_gene_auroc"].value == pytest.approx(0.75)
    assert "evidence count" in {stratum.by for stratum in audited.strata}
    assert audit_run(isolated, Session(), resamples=50).not_told == {
        "evidence count": "the method uses no evidence"  # and no key of its model is needed to say so
    }


@pytest.mark.parametrize("name", ASKED)
def test_their_replies_can_be_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    shutil.copyfile(GOLDEN / name / "replies.sqlite", path)
    connection = sqlite3.connect(path)
    keys = [key for (key,) in connection.execute("SELECT key FROM replies")]
    connection.close()
    asking = open_run(GOLDEN / name).manifest.asking
    assert asking is not None
    with Journal(path) as journal:
        replies = journal.stored(keys)
        assert len(replies) == len(journal.attempts()) == journal.spent(None).calls == asking.calls
    assert all(reply.text and reply.logprobs for reply in replies.values())


def test_a_partial_run_counts_nowhere() -> None:
    partial = open_run(GOLDEN / PARTIAL)
    for use in (
        lambda: compare([open_run(GOLDEN / "schema-1-voting"), partial], Session()),
        lambda: audit_run(partial, Session()),
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
    parameters: Parameters = {"dataset": golden.manifest.dataset.parameters}
    (result,) = evaluate("simulated", "voting", parameters=parameters, out=tmp_path)
    assert result.run is not None
    assert set(golden.manifest.as_json()) <= set(open_run(result.run).manifest.as_json())
