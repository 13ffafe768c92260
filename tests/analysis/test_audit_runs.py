"""The audit of a run finds its controls, its strata and what is odd about its scores."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from small_runs import SMALL, made, rewrite
from worlds import world

from core_harness.analysis.audit import RunAudit, audit_run
from core_harness.analysis.audit.controls import controls_of
from core_harness.analysis.score import score_file
from core_harness.cli import cli
from core_harness.errors import RunError, UsageError
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.evidence.controls import CONTROLS
from core_harness.runs.folder import Run, list_runs


def audited(run: Run, **options: Any) -> RunAudit:
    return audit_run(run, Session(), **{"resamples": 100, **options})


@pytest.mark.slow
def test_a_run_is_set_beside_its_controls(tmp_path: Path) -> None:
    (voting,) = made(tmp_path, ["voting"])
    (frequency,) = made(tmp_path, ["gene-frequency"])
    made(tmp_path, ["voting"], control="random-neighbours")
    made(tmp_path, ["voting"], control="shuffled-labels", seed=1)  # another seed: no control of this run
    found = audited(voting)
    there = [control.control for control in found.controls if control.value is not None]
    assert there == ["random-neighbours"]
    assert {control.missing for control in audited(frequency).controls} == {"not run; --controls runs it"}
    assert audited(next(run for run in list_runs(tmp_path) if run.manifest.control)).controls == ()


@pytest.mark.slow
def test_missing_controls_are_run_when_asked(tmp_path: Path) -> None:
    (voting,) = made(tmp_path, ["voting"])
    found = audited(voting, make_controls=True)
    by_name = {control.control: control for control in found.controls}
    assert by_name["shuffled-labels"].value == pytest.approx(0.5, abs=0.06)
    assert (by_name["shuffled-labels"].lost or 0) > 0.1
    assert "needs another context" in (by_name["swapped-context"].missing or "")
    number = len(list_runs(tmp_path))
    again = audited(voting, make_controls=True)
    assert len(list_runs(tmp_path)) == number
    assert [control.run for control in again.controls] == [control.run for control in found.controls]
    assert any("so the evidence is used" in reason for reason in found.verdict.reasons)
    json.dumps(found.as_dict(), allow_nan=False)


def test_only_a_run_that_declares_unlisted_pairs_lacks_a_shuffled_listing(tmp_path: Path) -> None:
    parameters = {**SMALL, "aggregator": {"unlisted_weight": 0.03}}
    (unlisted,) = made(tmp_path, ["voting"], parameters=parameters)
    (potency,) = made(tmp_path, ["potency"])
    assert unlisted.manifest.method.beyond_contrast == ("unlisted pairs",)
    assert potency.manifest.method.beyond_contrast == ("potency",)
    assert controls_of(unlisted.manifest.method) == list(CONTROLS)
    assert {*CONTROLS} - {*controls_of(potency.manifest.method)} == {"shuffled-listing"}
    found, other = audited(unlisted), audited(potency)
    assert [control.control for control in found.controls] == list(CONTROLS)
    assert "shuffled-listing" not in [control.control for control in other.controls]
    assert any(
        reason.startswith("It declares that it uses unlisted pairs") for reason in found.verdict.reasons
    )
    assert found.as_dict()["beyond_contrast"] == ("unlisted pairs",)


@pytest.mark.slow
def test_a_shuffled_listing_is_run_where_unlisted_pairs_are_used(tmp_path: Path) -> None:
    parameters = {**SMALL, "aggregator": {"unlisted_weight": 0.03}}
    (run,) = made(tmp_path, ["voting"], parameters=parameters)
    found = audited(run, make_controls=True)
    (listing,) = (control for control in found.controls if control.control == "shuffled-listing")
    assert listing.value == pytest.approx(0.5, abs=0.06)
    assert any("Under shuffled-listing" in reason for reason in found.verdict.reasons)


def test_gene_frequency_is_not_shown_to_be_predictive(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["gene-frequency"])
    found = audited(run)
    assert found.verdict.sentence == "Not shown to tell perturbations of the same gene apart."
    assert any(reason.startswith("Pooled AUROC is") for reason in found.verdict.reasons)
    assert any("SIMULATED" in reason for reason in found.verdict.reasons)
    assert found.not_told == {"evidence count": "the method uses no evidence"}
    assert {stratum.by for stratum in found.strata} == {
        "gene frequency",
        "perturbation strength",
        "degree in the graph",
    }


@pytest.mark.slow
def test_a_control_itself_can_be_audited(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"], control="shuffled-labels")
    found = audited(run)
    assert found.control == "shuffled-labels"
    assert found.metrics["macro_gene_auroc"].value == pytest.approx(
        run.report()["metrics"]["macro_gene_auroc"]["value"], abs=1e-12
    )


def test_predictions_from_elsewhere_are_audited_too(tmp_path: Path) -> None:
    world(perturbations=60).write_csv(tmp_path / "world.csv")
    answers = world(perturbations=60).filter(split="test").select("perturbation", "gene", score="label")
    answers.write_csv(tmp_path / "p.csv")
    spec = RunSpec(dataset=f"table:{tmp_path / 'world.csv'}")
    theirs = score_file(tmp_path / "p.csv", spec, Session(), out=tmp_path / "runs").result.run
    assert theirs is not None
    (run,) = list_runs(tmp_path / "runs")
    found = audited(run)
    assert found.controls == ()
    assert found.metrics["macro_gene_auroc"].value == 1.0
    assert any("it may have seen the answers" in reason for reason in found.verdict.reasons)
    assert "made elsewhere" in found.not_told["evidence count"]
    with pytest.raises(UsageError, match="was not evaluated here"):
        audited(run, make_controls=True)


ODD: dict[str, tuple[pl.Expr, str, str]] = {
    "constant yes": (pl.lit(1.0), "Not shown to tell perturbations", "It overestimates"),
    "constant no": (pl.lit(0.0), "Not shown to tell perturbations", "It underestimates"),
    "inverted": (1.0 - pl.col("label"), "the wrong way round.", "may have seen the answers"),
    "far from probabilities": (
        pl.col("label") * 20.0 - 10,
        "The scores tell perturbations",
        "The scores are no probabilities",
    ),
    "half missing": (
        pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.col("label") * 1.0),
        "The scores tell perturbations",
        "pairs are answered; with the others counted as wrong",
    ),
    "half NaN, half infinite": (
        pl.when(pl.int_range(pl.len()) % 2 == 0).then(float("nan")).otherwise(float("inf")),
        "No verdict: it answered nothing.",
        "Only 0 of",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD)
def test_odd_predictions_get_a_verdict_too(odd: str, tmp_path: Path) -> None:
    score, sentence, reason = ODD[odd]
    rows = world(perturbations=60)
    rows.write_csv(tmp_path / "world.csv")
    answers = rows.filter(split="test").select("perturbation", "gene", score=score)
    answers.write_parquet(tmp_path / "p.parquet")
    spec = RunSpec(dataset=f"table:{tmp_path / 'world.csv'}")
    score_file(tmp_path / "p.parquet", spec, Session(), out=tmp_path / "runs")
    (run,) = list_runs(tmp_path / "runs")
    found = audited(run)
    assert sentence in found.verdict.sentence
    assert any(reason in said for said in found.verdict.reasons), found.verdict.reasons
    json.dumps(found.as_dict(), allow_nan=False)
    shown = CliRunner().invoke(cli, ["audit", str(run.folder), "--format", "csv"])
    assert shown.exit_code == 0, shown.output


def test_an_incomplete_run_is_refused(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["gene-frequency"])
    with pytest.raises(RunError, match="incomplete"):
        audited(rewrite(run, state="running"))


def test_controls_of_a_model_are_not_run_unasked(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"])
    with pytest.raises(UsageError, match="says what they cost"):
        audited(rewrite(run, method={"model": "qwen"}), make_controls=True)


@pytest.mark.slow
def test_the_command_prints_and_refuses(tmp_path: Path) -> None:
    (run,) = made(tmp_path, ["voting"])
    runner = CliRunner()
    command = ["audit", run.name, "--in", str(tmp_path)]
    shown = runner.invoke(cli, command)
    assert shown.exit_code == 0, shown.output
    assert "The scores tell perturbations of the same gene apart." in shown.stdout
    as_json = runner.invoke(cli, [*command, "--json"])
    assert json.loads(as_json.stdout)["schema_version"] == 1
    rows = list(csv.DictReader(io.StringIO(runner.invoke(cli, [*command, "--format", "csv"]).stdout)))
    assert {row["table"] for row in rows} == {"as it is", "recalibrated", "stratum"}
    assert {row["simulated"] for row in rows} == {"True"}
    markdown = runner.invoke(cli, [*command, "--format", "md"]).stdout
    assert "| by | from | to |" in markdown
    assert "**The scores tell perturbations of the same gene apart.**" in markdown
    of_data = runner.invoke(cli, ["audit", "simulated"])
    assert "judge methods per gene" in of_data.stdout
    assert "SIMULATED" in of_data.stdout
    for arguments, message in (
        (["audit", "simulatd"], "no run 'simulatd' in runs, and unknown dataset 'simulatd'; did you mean"),
        (["audit", "simulated", "--controls"], "--controls is about a run"),
        ([*command, "--contexts", "b"], "--contexts is about a dataset"),
    ):
        refused = runner.invoke(cli, arguments)
        assert refused.exit_code == 2
        assert message in refused.stderr
