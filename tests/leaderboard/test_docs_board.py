"""The results that were handed in make a board, and the page of results is that board."""

from __future__ import annotations

from pathlib import Path

import make_board
import pytest

from core_harness.leaderboard import write_site
from core_harness.registry.entries import shipped_registry
from core_harness.runs.folder import list_runs


@pytest.mark.slow
def test_every_result_is_ranked(tmp_path: Path) -> None:
    boards = make_board.boards()
    assert boards
    for board in boards:
        assert board.apart == []
        handed_in = list_runs(make_board.RESULTS / board.name)
        assert sum(len(board.ranked(dataset)) for dataset in board.suite.datasets) == len(handed_in)
        write_site(board, tmp_path / board.name)
        assert (tmp_path / board.name / "index.html").is_file()


def test_the_page_of_results_is_that_of_the_results() -> None:
    assert make_board.PAGE.read_text(encoding="utf-8") == make_board.page(), "run python docs/make_board.py"


def test_every_strategy_without_a_model_has_a_result_in_the_simulated_suite() -> None:
    (board,) = (board for board in make_board.boards() if board.name == "simulated")
    found = {row.method for row in board.rows if row.placed}
    assert found == set(shipped_registry().suites["simulated"].strategies)


def test_no_result_is_of_data_that_may_not_be_passed_on() -> None:
    for manifest in make_board.RESULTS.rglob("run.json"):
        assert '"simulated": true' in manifest.read_text(), manifest
