"""Evidence cards on a board: those that `explain` would print, and none where they would not be true."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_boards import board_of, run_on
from small_runs import SMALL, made, rewrite

from core_harness import explain
from core_harness.analysis.cards import Pair
from core_harness.leaderboard import write_site
from core_harness.leaderboard.explained import CARDS
from core_harness.leaderboard.rows import RankedRun
from core_harness.runs.folder import Run, open_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    _, voting = made(tmp_path_factory.mktemp("runs"))
    return voting


@pytest.fixture
def copied(run: Run, tmp_path: Path) -> Run:
    return open_run(shutil.copytree(run.folder, tmp_path / run.name))


def ranked(run: Run) -> RankedRun:
    return run_on(board_of([run.folder]), run.name)


def test_cards_are_those_that_explain_prints(run: Run) -> None:
    found = ranked(run)
    shown = [*found.figures.details.best[:CARDS], *found.figures.details.worst[:CARDS]]
    assert [card["pair"]["gene"] for card in found.cards] == [pair.gene for pair in shown]
    for card, pair in zip(found.cards, shown, strict=True):
        again = explain(
            Pair(**card["pair"]), dataset="simulated", strategy="voting", parameters=SMALL
        ).as_dict()
        assert card["score"] == pytest.approx(pair.score)
        assert card["score"] == pytest.approx(again["score"])
        assert card["flip"] == again["flip"]
        assert [voter["neighbour"] for voter in card["voters"]] == [
            voter["neighbour"] for voter in again["voters"]
        ]


def test_a_run_that_only_claims_to_have_voted_has_no_card(copied: Run) -> None:
    rewrite(copied, copied.predictions().with_columns(score=1 - pl.col("score")))
    assert ranked(copied).cards == []


@pytest.mark.parametrize("change", ["release", "model", "shrinkage"])
def test_another_method_has_no_card(copied: Run, change: str) -> None:
    changes: dict[str, dict[str, Any]] = {
        "release": {"components": {"aggregator": {"version": "0.0.1"}}},
        "model": {"model": "qwen"},
        "shrinkage": {"components": {"aggregator": {"parameters": {"shrinkage": 0.2}}}},
    }
    rewrite(copied, None, method=changes[change])
    assert ranked(copied).cards == []


def test_a_page_shows_them(run: Run, tmp_path: Path) -> None:
    board = board_of([run.folder])
    write_site(board, tmp_path / "site")
    voting = run_on(board, run.name)
    text = (tmp_path / "site" / "runs" / f"{voting.page}.html").read_text()
    assert text.count("<details") == 2 * CARDS
    for card in voting.cards:
        assert f"Evidence: {card['pair']['perturbation']} on {card['pair']['gene']}" in text
        assert card["voters"][0]["neighbour"] in text
