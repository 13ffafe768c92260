"""A run whose model answered nothing has no rank, whatever its scores are."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_boards import board_of
from small_runs import SMALL

from core_harness import evaluate
from core_harness.leaderboard.reference import NAME
from core_harness.testing import TestServer

pytestmark = pytest.mark.slow  # it asks through litellm


def test_votes_that_were_to_be_graded_are_no_result_of_the_model(tmp_path: Path) -> None:
    with TestServer(faults={"cut-off": 1.0}) as server:
        (result,) = evaluate(
            "simulated",
            "voting",
            model="hosted_vllm/m",
            parameters={**SMALL, "llm": {"api_base": server.url}},
            out=tmp_path,
        )
    coverage = result.report.coverage
    assert coverage.scored == coverage.pairs  # the plain vote's
    assert "ok" not in coverage.status
    board = board_of([tmp_path])
    (run,) = board.unranked
    assert run.reason == "its model answered nothing: no score rests on an answer of it"
    assert [one.run for one in board.runs] == [NAME]
