"""A board says which methods use more than contrasts of measured pairs, and what is left without strength."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_boards import board_of, run_on
from small_runs import SMALL, made

from core_harness.leaderboard import Board, write_site
from core_harness.leaderboard.exports import as_dict, csv, markdown
from core_harness.runs.folder import Run

RESIDUAL = "strength taken out [95 %]"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Gene frequency, and a vote with unlisted pairs."""
    out = tmp_path_factory.mktemp("runs")
    parameters = {**SMALL, "aggregator": {"unlisted_weight": 0.03}}
    return made(out, ["gene-frequency"]) + made(out, ["voting"], parameters=parameters)


@pytest.fixture(scope="module")
def board(runs: list[Run]) -> Board:
    return board_of([run.folder for run in runs])


def test_what_a_method_declares_is_noted(board: Board, runs: list[Run], tmp_path: Path) -> None:
    frequency, voting = runs
    assert run_on(board, voting.name).notes == ("uses unlisted pairs",)
    assert run_on(board, frequency.name).notes == ()
    assert "uses unlisted pairs" in markdown(board)
    assert "uses unlisted pairs" in csv(board)
    write_site(board, tmp_path / "site")
    page = (tmp_path / "site" / "runs" / f"{run_on(board, voting.name).page}.html").read_text()
    assert "<dt>note</dt><dd>uses unlisted pairs</dd>" in page


def test_where_a_method_declares_something_the_strength_of_perturbations_is_taken_out(
    board: Board, runs: list[Run]
) -> None:
    pure = board_of([runs[0].folder])
    assert board.declares
    assert not pure.declares
    assert RESIDUAL in markdown(board)
    assert RESIDUAL not in markdown(pure)
    for each in (board, pure):
        (of_run,) = (
            row["runs"]["simulated"] for row in as_dict(each)["methods"] if row["method"] == "gene-frequency"
        )
        assert of_run["potency_residual_auroc"] == of_run["metrics"]["potency_residual_auroc"]["value"]
        assert "potency_residual_auroc_low" in csv(each).splitlines()[0]
