"""What predictions from elsewhere were trained on says in which regime they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from worlds import world

from core_harness.analysis.score import score_file
from core_harness.errors import DataError, UsageError
from core_harness.evaluation.session import Session
from core_harness.evaluation.spec import RunSpec
from core_harness.runs.folder import open_run

WORLD = world(contexts=("a", "b"), perturbations=12)
TRAIN = WORLD.filter(split="train")
UNIT = ["context", "perturbation"]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Write two contexts, of which tests of one are asked, and a score for all pairs."""
    WORLD.filter((pl.col("context") == "b") | (pl.col("split") == "train")).write_csv(tmp_path / "two.csv")
    WORLD.filter(context="b").write_csv(tmp_path / "b.csv")
    WORLD.with_columns(score=pl.lit(0.5)).drop("label", "split").write_csv(tmp_path / "p.csv")
    return tmp_path


def scored(files: Path, trained: pl.DataFrame | str, *, dataset: str = "two.csv", **words: Any) -> Any:
    """Score with a table of what was seen, or with a word in its place."""
    if isinstance(trained, pl.DataFrame):
        trained.write_csv(files / "seen.csv")
    what = trained if isinstance(trained, str) else str(files / "seen.csv")
    spec = RunSpec(dataset=f"table:{files / dataset}", **words)
    return score_file(files / "p.csv", spec, Session(), trained=what, out=files / "runs").result


def test_the_own_context_alone_is_unseen_perturbation(files: Path) -> None:
    result = scored(files, TRAIN.filter(context="b").select(UNIT).unique(), dataset="b.csv")
    assert (result.task.regime, result.task.support_contexts) == ("unseen-perturbation", ())
    record = open_run(result.run).manifest.file
    assert record is not None
    assert record.trained_on is not None
    assert record.trained_on.pairs == TRAIN.filter(context="b").select(UNIT).n_unique()
    by_word = open_run(scored(files, "train", dataset="b.csv").run).manifest.file
    assert by_word is not None
    assert by_word.trained_on is not None
    assert by_word.trained_on.sha256 == record.trained_on.sha256


def test_other_contexts_are_cross_context_and_they_alone_an_unseen_one(files: Path) -> None:
    both = scored(files, TRAIN.select(UNIT).unique())
    assert (both.task.regime, both.task.support_contexts) == ("cross-context", ("a", "b"))
    other = TRAIN.filter(context="a").select(UNIT).unique()
    with pytest.raises(UsageError, match="nothing of it was seen; say --regime unseen-context or --regime"):
        scored(files, other)
    away = scored(files, other, regime="unseen-both", support_contexts=("a",))
    assert (away.task.regime, away.task.support_contexts) == ("unseen-both", ("a",))


def test_who_saw_a_test_perturbation_has_seen_the_answers(files: Path) -> None:
    with pytest.raises(DataError, match=r"asked about \(P\d+ in b\), so the method has seen the answers"):
        scored(files, WORLD.select(UNIT).unique())


def test_test_perturbations_are_found_under_another_spelling(files: Path) -> None:
    guide = pl.format("{}_sg1", "perturbation").alias("perturbation")
    with pytest.raises(DataError, match="so the method has seen the answers"):
        scored(files, WORLD.filter(context="b").select(UNIT).unique().with_columns(guide), dataset="b.csv")
    in_capitals = pl.col("context").str.to_uppercase()
    own = TRAIN.filter(context="b").select(UNIT).unique().with_columns(in_capitals)
    assert scored(files, own, dataset="b.csv").task.regime == "unseen-perturbation"


def test_more_than_the_train_rows_is_no_regime(files: Path) -> None:
    own = TRAIN.filter(context="b").select(UNIT).unique()
    more = pl.concat([own, own.head(1).with_columns(perturbation=pl.lit("NEW"))])
    with pytest.raises(DataError, match=r"1 of the pairs are no train rows in the regime .* \(NEW in b\)"):
        scored(files, more, dataset="b.csv")


def test_a_regime_that_does_not_follow_is_refused(files: Path) -> None:
    with pytest.raises(UsageError, match="a, b, which is the regime cross-context and not unseen-"):
        scored(files, TRAIN.select(UNIT).unique(), regime="unseen-perturbation")


def test_pairs_without_a_context_need_a_dataset_of_one(files: Path) -> None:
    alone = TRAIN.filter(context="b").select("perturbation").unique()
    assert scored(files, alone, dataset="b.csv").task.regime == "unseen-perturbation"
    both = WORLD.filter(split="test").select("perturbation").unique()
    WORLD.write_csv(files / "two.csv")
    with pytest.raises(DataError, match="no column 'context', and the dataset has a, b; add it"):
        scored(files, both)
