"""Gene frequency stands at 0 and the repeated experiment at 1, on the same pairs and labels."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from program import run_here
from worlds import world

from core_harness.analysis.audit import audit_dataset, audit_run
from core_harness.analysis.rescore import rescore
from core_harness.analysis.score import score
from core_harness.analysis.standing import PASSED, repeated_pairs, standings
from core_harness.data.tables.replicates import replicates_path
from core_harness.evaluation.result import load_run
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec

PAIR = ["context", "perturbation", "gene"]


def repeated_world(folder: Path, *, draws: int = 1) -> Path:
    """Write a table, and draws in which the chance that a pair is significant follows its label noisily."""
    rows = world(perturbations=40)
    table = folder / "world.csv"
    rows.write_csv(table)
    test = rows.filter(split="test")
    frames = []
    for draw in range(draws):
        rng = pl.Series(range(test.height)).shuffle(seed=draw) / test.height
        strength = test["label"] + 2 * (rng - 0.5)
        frames.append(
            test.select(
                pl.lit(f"draw {draw}").alias("draw"),
                *PAIR,
                pl.when(pl.col("label") == 1).then(pl.lit("up")).otherwise(pl.lit("none")).alias("label"),
                pl.Series("p_value", 10 ** -(strength - strength.min())),
                pl.lit(0.5).alias("log2_fold_change"),
            )
        )
    pl.concat(frames).write_parquet(replicates_path(table))
    return table


def scored_as(table: Path, scores: pl.DataFrame, name: str, folder: Path) -> Path:
    """Score predictions of the test pairs, and return their run."""
    scores.write_csv(folder / f"{name}.csv")
    run = score(folder / f"{name}.csv", f"table:{table}", out=folder / "runs").result.run
    assert run is not None
    return run


@pytest.mark.parametrize("draws", [1, 3])
def test_the_repetition_stands_at_one_and_gene_frequency_at_zero(tmp_path: Path, draws: int) -> None:
    table = repeated_world(tmp_path, draws=draws)
    session = Session(resamples=50)
    loaded = session.load(RunSpec(dataset=f"table:{table}"))
    first = next(iter(repeated_pairs(loaded).values()))
    for name, column, expected in (("again", "score", 1.0), ("rate", "gene_rate", 0.0)):
        predictions = first.select(*PAIR, pl.col(column).alias("score"))
        run = load_run(scored_as(table, predictions, name, tmp_path))
        found = {one.metric: one for one in standings(rescore(run, session))}
        gene = found["macro_gene_auroc"]
        assert gene.draws == draws
        assert gene.gene_frequency == 0.5
        assert gene.pairs == loaded.split.queries.height
        assert gene.value is not None
        if draws == 1 or expected == 0.0:
            assert [one.value for one in found.values()] == pytest.approx([expected] * len(found))
        else:
            assert gene.lowest is not None
            assert gene.highest is not None
            assert gene.lowest < gene.value < gene.highest


def test_an_oracle_passes_a_noisy_repetition_and_that_is_said(tmp_path: Path) -> None:
    table = repeated_world(tmp_path)
    truth = pl.read_csv(table).filter(split="test").select(*PAIR, pl.col("label").alias("score"))
    run = load_run(scored_as(table, truth, "oracle", tmp_path))
    audit = audit_run(run, Session(resamples=50))
    assert all(one.value is not None and one.value > 1 for one in audit.standings)
    (section,) = (one for one in audit.sections() if one.title.startswith("between gene frequency"))
    assert PASSED in section.sentences
    json.dumps(audit.as_dict(), allow_nan=False)


def test_no_standing_where_the_repetition_knows_nothing_and_none_without_one(tmp_path: Path) -> None:
    table = repeated_world(tmp_path)
    path = replicates_path(table)
    pl.read_parquet(path).with_columns(p_value=pl.lit(0.5)).write_parquet(path)
    truth = pl.read_csv(table).filter(split="test").select(*PAIR, pl.col("label").alias("score"))
    run = load_run(scored_as(table, truth, "oracle", tmp_path))
    session = Session(resamples=50)
    assert {one.value for one in standings(rescore(run, session)) if one.metric == "macro_gene_auroc"} == {
        None
    }
    path.unlink()
    assert standings(rescore(run, session)) == ()


def test_the_audit_of_the_table_says_what_repeating_reaches(tmp_path: Path) -> None:
    table = repeated_world(tmp_path, draws=3)
    audit = audit_dataset(RunSpec(dataset=f"table:{table}"), Session(resamples=50))
    assert audit.repeated is not None
    assert audit.repeated.macro_gene_auroc is not None
    assert (audit.repeated.macro_gene_auroc.value or 0) > 0.6
    assert any(reason.startswith("A repeated experiment reaches") for reason in audit.verdict.reasons)


def test_a_report_shows_the_standing(tmp_path: Path) -> None:
    table = repeated_world(tmp_path)
    truth = pl.read_csv(table).filter(split="test").select(*PAIR, pl.col("label").alias("score"))
    run = scored_as(table, truth, "oracle", tmp_path)
    done = run_here("report", str(run), "-o", str(tmp_path / "page.html"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "page.html").read_text()
    assert "Between gene frequency (0) and a repeated experiment (1)" in page
