"""What an audit says is what was put in."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from small_runs import SMALL, made, rewrite
from worlds import world

from core_harness import Graph, Layer
from core_harness.analysis.audit import RunAudit, audit_dataset, audit_run
from core_harness.analysis.audit.agreement import agreements
from core_harness.analysis.audit.controls import Controlled
from core_harness.analysis.audit.overlap import elsewhere, overlap, synonyms
from core_harness.analysis.audit.reasons import judge_run
from core_harness.analysis.audit.recalibration import recalibrated
from core_harness.analysis.audit.strata import BINS, Stratum, degree, strata, strength
from core_harness.analysis.score import score_file
from core_harness.cli import cli
from core_harness.errors import HarnessError, RunError, UsageError
from core_harness.evaluation.spec import RunSpec
from core_harness.knowledge import Symbols
from core_harness.metrics import report
from core_harness.plugins.catalog import catalog
from core_harness.registry.loading import shipped_registry
from core_harness.runs.folder import Run, list_runs
from core_harness.schemas import ROWS, Task

KEY = ["context", "perturbation", "gene"]
TASK = Task(dataset="d", question="de", agent="knockdown", regime="strict", seed=0, simulated=False)


def rows(*listed: tuple[str, str, str, int, str]) -> pl.DataFrame:
    return pl.DataFrame(list(listed), schema=dict(ROWS), orient="row")


def scored(seed: int = 0, perturbations: int = 60, genes: int = 10) -> pl.DataFrame:
    """Return pairs whose labels follow their scores exactly as probabilities."""
    rng = np.random.default_rng(seed)
    score = rng.random(perturbations * genes)
    return pl.DataFrame(
        {
            "context": "c",
            "perturbation": np.repeat([f"p{i:03}" for i in range(perturbations)], genes),
            "gene": [f"g{i}" for i in range(genes)] * perturbations,
            "label": (rng.random(len(score)) < score).astype(np.uint8),
            "score": score,
            "status": "ok",
            "gene_rate": [i / genes for i in range(genes)] * perturbations,
        }
    )


def audited(run: Run, **options: Any) -> RunAudit:
    return audit_run(run, shipped_registry(), catalog(), **{"resamples": 100, **options})


# ------------------------------------------------------------ overlap and synonyms


def test_overlap_counts_what_both_splits_share() -> None:
    found = overlap(
        rows(
            ("c", "A", "g", 1, "train"),
            ("c", "B", "h", 0, "test"),
            ("c", "B", "g", 0, "test"),
            ("d", "B", "g", 0, "train"),
        )
    )
    assert (found.perturbations, found.pairs, found.unseen_genes) == (0, 0, 1)
    leaking = overlap(
        rows(("c", "A", "g", 1, "train"), ("c", "A", "g", 1, "test"), ("c", "A", "h", 1, "test"))
    )
    assert (leaking.perturbations, leaking.pairs) == (1, 1)


def test_synonyms_across_the_split_are_found() -> None:
    aliases = [("OLD", "NEW"), ("NEW", "NEW"), ("TWO", "X"), ("TWO", "Y"), ("X", "X"), ("Y", "Y")]
    symbols = Symbols.of(pl.DataFrame(aliases, schema=["alias", "approved"], orient="row"))
    found = synonyms(
        rows(
            ("c", "NEW", "g", 1, "train"),
            ("c", "OLD", "g", 0, "test"),
            ("c", "A", "NEW", 0, "test"),
            ("c", "A", "OLD", 0, "test"),
            ("c", "NEW", "OLD", 0, "train"),
            ("d", "OLD", "TWO", 0, "test"),
        ),
        symbols,
    )
    assert found.across_splits == 1
    assert found.doubled_genes == 1
    assert found.self_pairs == 1
    assert (found.renamed, found.ambiguous) == (1, 1)
    assert "test OLD is train NEW" in found.examples


def test_other_contexts_tell_of_test_perturbations() -> None:
    here = rows(("c", "A", "g", 1, "test"), ("c", "B", "g", 0, "test"), ("c", "C", "g", 0, "train"))
    there = rows(("d", "A", "g", 1, "train"), ("d", "A", "h", 1, "train"), ("d", "B", "g", 1, "test"))
    (found,) = elsewhere(here, pl.concat([here, there]))
    assert (found.context, found.other) == ("c", "d")
    assert (found.in_train, found.perturbations) == (1, 2)
    assert (found.pairs_in_train, found.pairs) == (1, 2)


def test_agreement_of_a_context_with_its_copy_is_perfect() -> None:
    one = world(perturbations=60, contexts=("a",))
    copy = one.with_columns(context=pl.lit("b"))
    turned = one.with_columns(context=pl.lit("t"), label=1 - pl.col("label"))
    found = {(a.context, a.other): a for a in agreements(pl.concat([one, copy, turned]), seed=0, resamples=0)}
    assert len(found) == 6
    assert found["a", "b"].agree == found["a", "b"].kappa == found["a", "b"].macro_gene_auroc.value == 1.0
    assert found["a", "t"].agree == found["a", "t"].macro_gene_auroc.value == 0.0
    assert (found["a", "t"].kappa or 0) < 0
    assert agreements(pl.concat([one, rows(("z", "Z", "Z2", 1, "train"))]), seed=0) == []


# ------------------------------------------------------------ recalibration and strata


def test_recalibration_mends_what_a_curve_can_mend() -> None:
    right = scored(perturbations=200)
    wrong = right.with_columns(score=pl.col("score") ** 4)
    before, after = (
        report(frame, seed=0, resamples=0).metrics for frame in (wrong, recalibrated(wrong, seed=0))
    )
    assert before["ece"].value is not None
    assert after["ece"].value is not None
    assert after["ece"].value < before["ece"].value / 3
    assert after["calibration_ratio"].value == pytest.approx(1, abs=0.02)
    kept = report(recalibrated(right, seed=0), seed=0, resamples=0).metrics["brier"].value
    assert kept == pytest.approx(report(right, seed=0, resamples=0).metrics["brier"].value, abs=0.005)


def test_a_fold_is_recalibrated_without_its_labels() -> None:
    frame = scored()
    first = recalibrated(frame, seed=1).sort(KEY)
    held = frame["perturbation"] == "p007"
    turned = frame.with_columns(
        label=pl.when(held).then(1 - pl.col("label")).otherwise("label").cast(pl.UInt8)
    )
    second = recalibrated(turned, seed=1).sort(KEY)
    at = first["perturbation"] == "p007"
    assert first.filter(at)["score"].equals(second.filter(at)["score"])
    assert not first["score"].equals(second["score"])


@given(st.integers(0, 5), st.randoms())
def test_recalibration_does_not_depend_on_the_order_of_rows(seed: int, random: Any) -> None:
    frame = scored(seed, perturbations=12, genes=4).with_columns(pl.col("score").round(1))
    missing = frame.with_columns(pl.when(pl.col("gene") != "g2").then("score").alias("score"))
    shuffled = missing.sample(fraction=1, shuffle=True, seed=random.randrange(1000))
    assert recalibrated(missing, seed=seed).sort(KEY).equals(recalibrated(shuffled, seed=seed).sort(KEY))
    assert (
        recalibrated(missing, seed=seed)
        .sort(KEY)["score"]
        .is_null()
        .equals(missing.sort(KEY)["score"].is_null())
    )


def test_strata_divide_the_pairs_that_can_be_evaluated() -> None:
    frame = scored()
    found = strata(
        [frame], {"gene frequency": frame.select(*KEY, pl.col("gene_rate").alias("value"))}, seed=0
    )
    assert len(found) == BINS
    assert sum(stratum.genes for stratum in found) == 10
    assert sum(stratum.pairs for stratum in found) == frame.height
    inside = frame.filter(pl.col("gene_rate").is_between(found[1].lowest, found[1].highest))
    estimate = report(inside, seed=0).metrics["macro_gene_auroc"]
    assert (found[1].value, found[1].low, found[1].high) == (estimate.value, estimate.low, estimate.high)


def test_equal_values_are_one_stratum() -> None:
    frame = scored()
    (found,) = strata([frame], {"constant": frame.select(*KEY, pl.lit(3.0).alias("value"))}, seed=0)
    assert (found.lowest, found.highest, found.pairs) == (3.0, 3.0, frame.height)
    nothing = frame.select(*KEY, pl.lit(None, pl.Float64).alias("value"))
    assert strata([frame], {"nothing": nothing}, seed=0) == []


def test_strength_and_degree() -> None:
    frame = scored(perturbations=3, genes=4).with_columns(label=pl.Series([1, 0, 0, 0] + [1] * 4 + [0] * 4))
    assert strength(frame)["value"].unique().sort().to_list() == [0.0, 0.25, 1.0]
    layers = [
        Layer.sets("s", pl.DataFrame({"set": ["x", "y", "x"], "gene": ["p000", "p000", "p001"]})),
        Layer.edges("e", pl.DataFrame({"a": ["p000"], "b": ["q"], "weight": [0.5]})),
    ]
    found = degree(frame, Graph.of(layers)).unique().sort(KEY)
    assert found["value"].to_list() == [3.0] * 4 + [1.0] * 4 + [0.0] * 4


# ------------------------------------------------------------ runs


def test_a_run_is_set_beside_its_controls(tmp_path: Path) -> None:
    (voting,) = made(tmp_path, ["voting"])
    (frequency,) = made(tmp_path, ["gene-frequency"])
    made(tmp_path, ["voting"], control="random-neighbours")
    made(tmp_path, ["voting"], control="shuffled-labels", seed=1)  # another seed: no control of this run
    found = audited(voting)
    there = [control.control for control in found.controls if control.value is not None]
    assert there == ["random-neighbours"]
    assert {control.missing for control in audited(frequency).controls} == {"not run; --controls runs it"}
    assert audited(next(run for run in list_runs(tmp_path) if run.manifest["control"])).controls == ()


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
    theirs = score_file(
        tmp_path / "p.csv", spec, shipped_registry(), catalog(), out=tmp_path / "runs"
    ).result.run
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
        "Not to be judged",
        "Only 0 of",
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_predictions_get_a_verdict_too(odd: str, tmp_path: Path) -> None:
    score, sentence, reason = ODD[odd]
    rows = world(perturbations=60)
    rows.write_csv(tmp_path / "world.csv")
    answers = rows.filter(split="test").select("perturbation", "gene", score=score)
    answers.write_parquet(tmp_path / "p.parquet")
    spec = RunSpec(dataset=f"table:{tmp_path / 'world.csv'}")
    score_file(tmp_path / "p.parquet", spec, shipped_registry(), catalog(), out=tmp_path / "runs")
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
        audited(rewrite(run, model="qwen"), make_controls=True)


# ------------------------------------------------------------ the verdict


def judged(frame: pl.DataFrame, **choices: Any) -> tuple[str, str]:
    found = judge_run(
        choices.pop("task", TASK),
        report(frame, seed=0, resamples=200),
        report(recalibrated(frame, seed=0), seed=0, resamples=0),
        choices.pop("controls", ()),
        choices.pop("strata", ()),
    )
    return found.sentence, "\n".join(found.reasons)


def test_the_verdict_rests_on_ranks_within_genes() -> None:
    right = scored()
    turned = right.with_columns(score=1 - pl.col("score"))
    by_gene = right.with_columns(score=pl.col("gene_rate"), label=(pl.col("gene_rate") > 0.45).cast(pl.UInt8))
    assert judged(right)[0] == "The scores tell perturbations of the same gene apart."
    assert judged(turned)[0].endswith("the wrong way round.")
    assert judged(right.with_columns(score=pl.lit(0.5)))[0].startswith("Not shown")
    assert judged(by_gene)[0].startswith("Not to be judged")


def test_a_method_that_says_yes_too_often_is_told() -> None:
    eager = scored().with_columns(score=0.5 + pl.col("score") / 2)
    assert "It overestimates: yes at .5 is said" in judged(eager)[1]
    assert "its calibration error goes from 0.2" in judged(eager)[1]
    shy = scored().with_columns(score=pl.col("score") / 2)
    assert "It underestimates" in judged(shy)[1]
    assert "no probabilities" in judged(scored().with_columns(score=2 * pl.col("score")))[1]
    assert "estimates" not in judged(scored(perturbations=300))[1]


def test_strength_alone_is_told() -> None:
    strong = pl.col("perturbation").rank("dense") / 60
    frame = scored().with_columns(score=strong)
    chance = np.random.default_rng(0).random(frame.height)
    frame = frame.with_columns(label=(pl.Series(chance) < strong).cast(pl.UInt8))
    assert "it rests on the strength of perturbations" in judged(frame)[1]
    assert "it rests on the strength" not in judged(scored())[1]


def test_a_control_that_changes_nothing_is_told() -> None:
    unmoved = Controlled(control="shuffled-labels", value=0.7, low=0.6, high=0.8, lost=0.01, p=0.6)
    moved = replace(unmoved, value=0.5, lost=0.2, p=0.001)
    assert "the score does not come from the evidence" in judged(scored(), controls=[unmoved])[1]
    assert "so the evidence is used" in judged(scored(), controls=[moved])[1]
    missing = Controlled(control="random-neighbours", missing="not run")
    assert "Not controlled by random-neighbours" in judged(scored(), controls=[moved, missing])[1]


def test_skill_that_is_confined_is_told() -> None:
    at_chance = Stratum(by="x", lowest=0, highest=1, value=0.5, low=0.4, high=0.6, genes=9, pairs=99)
    good = replace(at_chance, lowest=2, highest=3, value=0.7, low=0.6, high=0.8)
    assert "Not above chance where x is 0 to 1." in judged(scored(), strata=[at_chance, good])[1]
    assert "Not above chance" not in judged(scored(), strata=[good, replace(good, lowest=4)])[1]


def test_unanswered_pairs_and_the_regime_are_told() -> None:
    partly = scored().with_columns(pl.when(pl.col("gene") != "g3").then("score").alias("score"))
    assert "Only 540 of 600 pairs are answered; with the others counted as wrong" in judged(partly)[1]
    assert "may have been measured" in judged(scored(), task=replace(TASK, regime="cross-context"))[1]
    assert "not declared" in judged(scored(), task=replace(TASK, regime="undeclared"))[1]


# ------------------------------------------------------------ datasets


def of_dataset(dataset: str, **options: Any) -> dict[str, Any]:
    spec = RunSpec(dataset=dataset, parameters=options.pop("parameters", {}))
    found = audit_dataset(spec, shipped_registry(), catalog(), **options).as_dict()
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
    assert list(by_name) == ["gene frequency", "potency", "symbol"]
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


def test_an_unknown_context_is_one_line() -> None:
    with pytest.raises(HarnessError, match="unknown context 'x'"):
        of_dataset("simulated", parameters=SMALL, contexts=["x"])


# ------------------------------------------------------------ the command


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
