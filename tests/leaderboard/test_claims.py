"""What a run claims of itself: its date, its method, its answers. No claim takes another run's place."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from runs.records import summary
from small_boards import SUITE, board_of, run_on, small_registry, two_worlds_registry
from small_runs import made, rewrite
from worlds import world

from core_harness import evaluate
from core_harness.analysis.rescore import rescore
from core_harness.evaluation.session import Session
from core_harness.leaderboard import Board, build
from core_harness.leaderboard.exports import as_dict, csv, markdown
from core_harness.leaderboard.reference import NAME, listing
from core_harness.leaderboard.rows import MOST_CHOICES
from core_harness.leaderboard.suite_datasets import read_datasets
from core_harness.registry.entries import DatasetEntry
from core_harness.runs.folder import Run, open_run
from core_harness.schemas import ROWS
from core_harness.suites.run import run_suite

FORGED = pl.col("score").sqrt() * 0.9


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    frequency, voting = made(tmp_path_factory.mktemp("runs"))
    return frequency, voting


@pytest.fixture
def copied(runs: tuple[Run, Run], tmp_path: Path) -> tuple[Run, Run]:
    copies = [shutil.copytree(run.folder, tmp_path / "runs" / run.name) for run in runs]
    frequency, voting = map(open_run, copies)
    return frequency, voting


def copy(run: Run, name: str, score: pl.Expr | None = None, **changes: Any) -> Run:
    """Copy a run beside it, perhaps with other scores and another record."""
    again = open_run(shutil.copytree(run.folder, run.folder.with_name(name)))
    return rewrite(again, None if score is None else again.predictions().with_columns(score=score), **changes)


def figures(board: Board, name: str) -> Any:
    """Return what a board says of a run, but for its rank and what depends on other runs."""
    of_run = run_on(board, name).figures
    return of_run.report, of_run.ranking.value, of_run.ranking.values.tolist()


DAY_AFTER_TOMORROW = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds")


@pytest.mark.parametrize(
    ("date", "reason"),
    [
        ("9999", "finished: '9999' is no date of ISO 8601"),
        ("", "finished: '' is no date of ISO 8601"),
        ("yesterday", "is no date of ISO 8601"),
        ("2999-01-01T00:00:00+00:00", "lies in the future"),
        pytest.param(DAY_AFTER_TOMORROW, "lies in the future", id="the day after tomorrow"),
        ("9999-12-31T23:59:59-23:59", "lies in the future"),
        ("0001-01-01T00:00:00+23:59", "lies before this program"),
        ("2023-12-31", "lies before this program"),
    ],
)
def test_a_date_that_cannot_be_is_a_reason(copied: tuple[Run, Run], date: str, reason: str) -> None:
    rewrite(copied[1], finished=date)
    (unranked,) = board_of([run.folder for run in copied]).unranked
    assert reason in unranked.reason


@pytest.mark.parametrize("date", ["2024-01-01", "2026-01-01T00:00:00Z", "2026-01-01 12:00", "2026-W05-1"])
def test_a_date_of_iso_8601_is_one(copied: tuple[Run, Run], date: str) -> None:
    rewrite(copied[1], finished=date)
    assert board_of([run.folder for run in copied]).unranked == []


@pytest.mark.parametrize(
    "date", ["2024-01-01T00:00:00+00:00", pytest.param(datetime.now(UTC).isoformat(), id="now")]
)
def test_another_submission_of_a_method_stands_beside_it(copied: tuple[Run, Run], date: str) -> None:
    frequency, voting = copied
    before = figures(board_of([voting.folder]), voting.name)
    forged = copy(voting, "forged", FORGED, finished=date)
    board = board_of([frequency.folder.parent])
    assert board.unranked == []
    assert figures(board, voting.name) == before
    for one, other in ((voting, forged), (forged, voting)):
        note = f"differs from another submission of this method: {other.name}"
        assert run_on(board, one.name).notes == (note,)
        assert note in markdown(board).replace("\\", "")
        assert note in csv(board)


def test_other_seeds_stand_and_say_so(copied: tuple[Run, Run]) -> None:
    voting = copied[1]
    copy(voting, "seed-3", FORGED, task={"seed": 3})
    board = board_of([run.folder for run in copied] + [voting.folder.with_name("seed-3")])
    assert board.unranked == []
    assert [run_on(board, name).notes for name in (voting.name, "seed-3")] == [
        ("one of 2 seeds of this method",)
    ] * 2
    assert [(row.method, row.seed) for row in board.rows].count(("voting", 3)) == 1


def test_equal_predictions_of_a_method_are_one_row(copied: tuple[Run, Run]) -> None:
    frequency, voting = copied
    rounding = pl.col("score") * (1 + 1e-15)
    again = copy(voting, "again", rounding, finished="2026-01-01T00:00:00+00:00")
    board = board_of([frequency.folder.parent])
    (unranked,) = board.unranked
    assert {unranked.run, *(run.run for run in board.ranked("simulated"))} == {
        *(run.name for run in (frequency, voting, again))
    }
    assert unranked.reason == "the same method, seed and predictions as again"


def test_a_copy_that_is_dated_earlier_cannot_hide_who_else_handed_the_run_in(copied: tuple[Run, Run]) -> None:
    frequency, voting = copied
    copy(voting, "copied", submitter="Mallory", finished="2026-01-01T00:00:00+00:00")
    rewrite(voting, submitter="Ada")
    board = board_of([frequency.folder.parent])
    assert run_on(board, "copied").notes == (f"handed in by others too: Ada ({voting.name})",)
    rewrite(voting, submitter="Mallory")  # the same submitter again is nothing to note
    assert run_on(board_of([frequency.folder.parent]), "copied").notes == ()


def test_equal_predictions_under_another_name_are_flagged(copied: tuple[Run, Run]) -> None:
    """Whatever its name or its components, a copy stands beside what it copied, with equal rank."""
    frequency, voting = copied
    renamed = copy(voting, "renamed", method={"label": "BreakthroughNet"})
    other = copy(voting, "other", method={"components": {"aggregator": {"version": "9.9"}}})
    board = board_of([frequency.folder.parent])
    assert board.unranked == []
    assert f"the same predictions as {voting.name}, other" in run_on(board, renamed.name).notes
    assert f"the same predictions as {voting.name}, renamed" in run_on(board, other.name).notes
    ranks = [run_on(board, run.name).rank for run in (voting, renamed, other)]
    assert [rank and rank.position for rank in ranks] == [1, 1, 1]


def test_the_reference_is_what_the_board_makes_itself(copied: tuple[Run, Run]) -> None:
    """Alone, a forged gene frequency is a run as any other."""
    frequency, voting = copied
    honest = run_on(board_of([run.folder for run in copied]), voting.name).rank
    rewrite(frequency, frequency.predictions().with_columns(score=1 - pl.col("score")))
    board = board_of([run.folder for run in copied])
    reference = run_on(board, NAME)
    assert reference.is_reference
    assert reference.figures.ranking.value == pytest.approx(0.5)
    assert reference.rank is not None
    assert reference.rank.difference is None
    forged = run_on(board, frequency.name)
    assert not forged.is_reference
    assert forged.notes == (f"differs from another submission of this method: {NAME}",)
    rank = run_on(board, voting.name).rank
    assert honest is not None
    assert rank is not None
    assert rank.difference == honest.difference


def test_a_board_without_the_reference_makes_it_and_one_with_it_does_not_repeat_it(
    copied: tuple[Run, Run],
) -> None:
    frequency, voting = copied
    alone, both = board_of([voting.folder]), board_of([run.folder for run in copied])
    assert {run.run for run in alone.ranked("simulated")} == {voting.name, NAME}
    assert {run.run for run in both.ranked("simulated")} == {voting.name, frequency.name}
    assert run_on(both, frequency.name).is_reference
    assert run_on(alone, voting.name).rank == run_on(both, voting.name).rank


def test_a_run_that_calls_itself_the_reference_is_not_it(copied: tuple[Run, Run]) -> None:
    rewrite(copied[1], method={"label": "gene-frequency", "strategy": "gene-frequency"})
    board = board_of([run.folder for run in copied])
    assert not run_on(board, copied[1].name).is_reference
    assert run_on(board, copied[0].name).is_reference


def labels_of(run: Run) -> pl.DataFrame:
    """Return the predictions of a run with the truth beside them."""
    (rows,) = rescore(run, Session()).repeats
    return run.predictions().join(rows.select("pair_id", "label"), on="pair_id")


@pytest.mark.parametrize("noise", [0.0, 0.4, 0.505])
def test_a_perfect_score_carries_a_note(copied: tuple[Run, Run], noise: float) -> None:
    voting = copied[1]
    rows = labels_of(voting)
    drawn = pl.Series(np.random.default_rng(0).random(rows.height))
    score = (1 - noise) * pl.col("label") + noise * drawn
    rewrite(voting, rows.with_columns(score=score).drop("label"))
    board = board_of([run.folder for run in copied])
    (note,) = run_on(board, voting.name).notes
    assert note.startswith("almost perfect")
    assert note in markdown(board)
    assert as_dict(board)["methods"][0]["runs"]["simulated"]["notes"] == note


def test_an_honest_run_carries_none(runs: tuple[Run, Run]) -> None:
    board = board_of([run.folder for run in runs])
    assert [run.notes for run in board.ranked("simulated")] == [(), ()]
    assert "notes" not in markdown(board)


def test_what_listing_alone_reaches_carries_a_note(tmp_path: Path) -> None:
    """In a list of all positives and few negatives, the number of pairs of a perturbation says much."""
    drawn = np.random.default_rng(0).random((2, 120, 30))
    strength = np.linspace(0.02, 0.5, 120)[:, None]
    labels = drawn[0] < strength
    rows = [
        ("K562", f"P{p:03}", f"G{g:02}", int(labels[p, g]), "test" if p % 2 else "train")
        for p, g in np.argwhere(labels | (drawn[1] < 0.2))
    ]
    pl.DataFrame(rows, schema=dict(ROWS), orient="row").write_csv(tmp_path / "screen.csv")
    registry = small_registry(datasets=("screen",))
    entry = DatasetEntry(summary="", component="table", parameters={"path": str(tmp_path / "screen.csv")})
    registry = registry.model_copy(update={"datasets": {"screen": entry}})
    session = Session(registry)
    datasets, _ = read_datasets(registry.suites[SUITE], session, resamples=100)
    reached = listing(datasets["screen"], "macro_gene_auroc")
    assert reached.value > 0.6

    (result,) = evaluate("screen", "gene-frequency", out=tmp_path / "runs", registry=registry)
    assert result.run is not None
    run = open_run(result.run)
    counted = run.predictions().with_columns(score=(pl.len().over("perturbation") / 1000).cast(pl.Float64))
    rewrite(run, counted, method={"label": "counting", "components": {}})
    board = build([run.folder], SUITE, session, resamples=100)
    note = run_on(board, run.name, "screen").notes[0]
    assert note == f"not better than what the list of pairs reaches alone ({reached.value:.3f})"
    assert not any("list of pairs" in note for note in run_on(board, NAME, "screen").notes)


SCRIPTED: dict[str, dict[str, Any]] = {
    "alias": {"model": "follows-evidence"},
    "parameter": {"components": {"llm": {"name": "litellm", "parameters": {"model": "x/Follows-Evidence"}}}},
    "stated": {"components": {"llm": {"name": "llm", "changes_answers": {"model": "follows-evidence"}}}},
    "component": {"components": {"llm": {"name": "follows-evidence"}}},
}


@pytest.mark.parametrize("where", SCRIPTED)
def test_answers_of_a_scripted_model_are_simulated_whatever_the_record_says(
    copied: tuple[Run, Run], where: str, tmp_path: Path
) -> None:
    denied = asdict(summary(simulated=False))
    rewrite(copied[1], method=SCRIPTED[where], asking=denied)
    (note,) = run_on(board_of([run.folder for run in copied]), copied[1].name).notes
    assert note == "its answers are simulated, which its record denies: follows-evidence is a scripted model"

    world().write_csv(tmp_path / "screen.csv")
    registry = small_registry(datasets=("screen",))
    entry = DatasetEntry(summary="", component="table", parameters={"path": str(tmp_path / "screen.csv")})
    registry = registry.model_copy(update={"datasets": {"screen": entry}})
    (result,) = evaluate("screen", "gene-frequency", out=tmp_path / "measured", registry=registry)
    assert result.run is not None
    measured = rewrite(open_run(result.run), method=SCRIPTED[where], asking=denied)
    (unranked,) = build([measured.folder], SUITE, Session(registry), resamples=50).unranked
    assert unranked.reason.startswith("simulated answers: follows-evidence is a scripted model")


@pytest.mark.slow
def test_means_of_a_method_that_was_handed_in_twice_are_each_shown(tmp_path: Path) -> None:
    registry = two_worlds_registry()
    states = run_suite(registry.suites[SUITE], Session(registry), out=tmp_path)
    voting = [state.run for state in states if state.run and state.cell.strategy == "voting"]

    def of_voting() -> list[Any]:
        board = build([tmp_path], SUITE, Session(registry), resamples=50)
        return [row for row in board.rows if row.method == "voting"]

    (honest,) = of_voting()
    assert honest.mean is not None
    copy(voting[0], "forged", FORGED)
    rows = of_voting()
    assert len(rows) == 2
    assert honest.mean.value in {row.mean.value for row in rows}
    assert all("simulated: differs from another submission" in row.notes[0] for row in rows)
    for at in range(math.ceil(MOST_CHOICES / 2)):
        copy(voting[0], f"flood-{at}", FORGED * 0.9**at * 0.9)
        copy(voting[1], f"tide-{at}", FORGED * 0.9**at * 0.9)
    rows = of_voting()
    assert all(row.mean is None for row in rows)
    assert all("ways to choose one run on each dataset" in row.notes[-1] for row in rows)
    shown = [run.run for row in rows for run in row.runs.values()]
    assert len(shown) == len(set(shown)) == 2 + 1 + 2 * math.ceil(MOST_CHOICES / 2)
    assert json.dumps([row.seed for row in rows]) == json.dumps([0] * len(rows))
