"""What a board shows of runs beside their figures: kinds, facts, files, history, the scatter, and LaTeX."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_boards import SUITE, board_of, run_on, small_registry
from small_runs import made, rewrite

from core_harness.analysis.charts import scatter_chart
from core_harness.errors import UsageError
from core_harness.evaluation.session import Session
from core_harness.leaderboard import Board, build, submit, write_site
from core_harness.leaderboard.column import record
from core_harness.leaderboard.columns import DATASET_COLUMNS
from core_harness.leaderboard.exports import as_dict
from core_harness.pages.svg import Drawing
from core_harness.registry.entries import ModelEntry, Route
from core_harness.runs.folder import Run, open_run
from core_harness.text import as_latex, latex_text

SUMMARY = {
    "prompts": 9,
    "distinct": 9,
    "from_journal": 0,
    "from_cache": 0,
    "from_provider": 9,
    "failed": 0,
    "not_asked": 0,
    "calls": 9,
    "lost": 0,
    "prompt_tokens": 1200,
    "completion_tokens": 34,
    "thinking_tokens": 0,
    "charged_tokens": 1234,
    "cost": 1.5,
    "price_date": None,
    "simulated": False,
    "ended": None,
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Gene frequency, voting, voting once more on another day, and a run that asked a model."""
    folder = tmp_path_factory.mktemp("runs")
    first = made(folder)
    again = open_run(shutil.copytree(first[1].folder, folder / "again"))
    halved = again.predictions()
    halved = halved.with_columns(score=halved["score"] / 2)
    again = rewrite(again, halved, finished="2026-01-02T03:04:05+00:00", submitter="Ada <b>")
    asked = open_run(shutil.copytree(first[1].folder, folder / "asked"))
    components = {**asked.manifest.as_json()["method"]["components"], "llm": {"name": "litellm"}}
    method = {"label": "reasoning", "model": "small-model", "components": components}
    return [*first, again, rewrite(asked, None, method=method, asking=SUMMARY)]


@pytest.fixture(scope="module")
def board(runs: list[Run]) -> Board:
    known = ModelEntry(
        summary="m", routes=(Route(model="x/y", logprobs=False),), size="9B", open_weights=True
    )
    registry = small_registry().model_copy(update={"models": {"small-model": known}})
    return build([run.folder for run in runs], SUITE, Session(registry), resamples=100)


def test_a_line_says_what_kind_of_method_what_model_and_what_it_cost(board: Board) -> None:
    asked = record(DATASET_COLUMNS, board, run_on(board, "asked"))
    assert (asked["kind"], asked["model"]) == ("asks a model", "small-model")
    assert (asked["model_size"], asked["open_weights"]) == ("9B", "yes")
    assert (asked["tokens"], asked["cost"]) == (1234, 1.5)
    again = record(DATASET_COLUMNS, board, run_on(board, "again"))
    assert (again["kind"], again["date"], again["submitter"]) == ("uses evidence", "2026-01-02", "Ada <b>")
    assert again["model_size"] is again["tokens"] is again["cost"] is None
    assert "retriever." in again["parameters"]
    kinds = {run.method: run.kind for run in board.runs}
    assert kinds["gene-frequency"] == "no evidence"


def test_each_row_has_its_record_and_predictions_to_download(
    board: Board, runs: list[Run], tmp_path: Path
) -> None:
    write_site(board, tmp_path / "site")
    for run in board.runs:
        files = record(DATASET_COLUMNS, board, run)
        wrote = json.loads((tmp_path / "site" / files["record_file"]).read_text())
        content = (tmp_path / "site" / files["predictions_file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == wrote["predictions_sha256"]
    page = (tmp_path / "site" / "index.html").read_text()
    assert page.count(" download>record</a>") == page.count(" download>predictions</a>") == len(runs)


def test_predictions_about_measured_data_are_not_passed_on_unasked(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = board_of([run.folder for run in runs[:2]])
    object.__setattr__(measured, "with_predictions", False)
    write_site(measured, tmp_path / "site")
    assert list((tmp_path / "site").rglob("*.json"))
    assert not list((tmp_path / "site").rglob("*.parquet"))
    assert "parquet" not in (tmp_path / "site" / "index.html").read_text()


def test_a_method_has_its_history_newest_first(board: Board, tmp_path: Path) -> None:
    newest = next(run for run in board.ranked("simulated") if run.method == "voting" and run.run != "again")
    again = run_on(board, "again")
    assert board.history(again) == board.history(newest) == [newest, again]
    write_site(board, tmp_path / "site")
    page = (tmp_path / "site" / "runs" / f"{again.page}.html").read_text()
    assert "History of this method" in page
    assert f'<a href="{newest.page}.html">' in page
    assert "again (this run)" in page


def test_headings_say_what_is_asked(board: Board, tmp_path: Path) -> None:
    write_site(board, tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text()
    assert "<h1>Does it predict which perturbation moves a gene?</h1>" in page
    assert re.search(r'<h2 id="dataset-1">simulated: unseen perturbations</h2>', page)


def test_a_submission_names_its_submitter(runs: list[Run], tmp_path: Path) -> None:
    session = Session(small_registry())
    result = submit(runs[0].folder, SUITE, session, out=tmp_path, submitter="Ada Lovelace")
    assert open_run(result).manifest.submitter == "Ada Lovelace"
    assert as_dict(build([result], SUITE, session, resamples=50))["methods"]
    with pytest.raises(UsageError, match="has 201 characters; records take 200 at most"):
        submit(runs[1].folder, SUITE, session, out=tmp_path, submitter="x" * 201)


@given(
    st.lists(
        st.tuples(st.text("abc-XYZ", min_size=1, max_size=40), st.floats(0, 1), st.floats(0, 1)), min_size=1
    )
)
def test_dots_of_a_scatter_and_their_labels_lie_within_it(runs: list[tuple[str, float, float]]) -> None:
    drawing = Drawing(scatter_chart(runs))
    (dots,) = (mark for mark in drawing.chart.marks if mark.kind == "dots")
    assert len(dots.points) == len(dots.labels) == len(runs)
    for point in drawing.path(dots).split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= drawing.width
        assert 0 <= y <= drawing.height
    taken: list[tuple[float, float, float]] = []
    for x, y, anchor, text in drawing.labels(dots):
        start = x if anchor == "start" else x - 6 * len(text)
        assert start >= 0
        assert start + 6 * len(text) <= drawing.width + 0.1
        assert all(
            abs(y - other) >= 12 or start >= end - 0.1 or first >= start + 6 * len(text) - 0.1
            for first, end, other in taken
        )
        taken.append((start, start + 6 * len(text), y))


@given(st.text() | st.text("\\{}$&#^_~%[]<>|*"))
def test_no_text_is_a_command_of_latex(text: str) -> None:
    shown = latex_text(text)
    left = re.sub(r"\\[&%$#_{}]|\\text[a-z]+\{\}|\{\[\}", "", shown)
    assert not set(left) & set("\\{}$&#^_~%[")


def test_a_table_of_latex_has_a_line_an_entry() -> None:
    table = as_latex(
        [{"method": "a_b", "x [95 %]": "0.5 [0.4, 0.6]"}, {"method": "c", "x [95 %]": "-"}], "50 %"
    )
    assert r"a\_b & 0.5 {[}0.4, 0.6] \\" in table
    assert table.count(r" \\") == 3
    assert r"\caption{50 \%}" in table
