"""One list of columns a table: pages, Markdown, CSV, JSON and terminal show the same ones."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from small_boards import SUITE, two_worlds_registry

from core_harness.cli.output.leaderboard_tables import dataset_table, means_table
from core_harness.evaluation.session import Session
from core_harness.leaderboard import Board, build, columns, write_site
from core_harness.leaderboard.column import Column, record, seen, texts
from core_harness.leaderboard.exports import as_dict, setting
from core_harness.suites.run import run_suite

SIZE = Column[Any](
    keys=("gene_count", "gene_count_low", "gene_count_high"),
    heading=lambda board: f"genes of {board.name}",
    kind="figure",
    values=lambda board, entry: (0.25, 0.125, 0.5),
)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    """A board of two worlds; on the second of them a method was not run."""
    runs = tmp_path_factory.mktemp("runs")
    registry = two_worlds_registry()
    states = run_suite(registry.suites[SUITE], Session(registry), out=runs)
    kept = [state.run.folder for state in states if state.run is not None]
    return build(kept[:-1], SUITE, Session(registry), resamples=100)


class Tables(HTMLParser):
    """The texts of the cells of a page, by the id of the heading of their table, row and column."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] = []
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("role", "region") in attrs:
            self._rows = self.tables.setdefault(str(dict(attrs)["aria-labelledby"]), [])
        if tag == "tr":
            self._rows.append([])
        if tag in {"th", "td"}:
            self._rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in {"th", "td"}

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self._rows[-1][-1] += data.replace("\u00a0", " ").strip()


def markdown_tables(text: str) -> dict[str, list[list[str]]]:
    """Return the tables of a page of Markdown, by the heading above them."""
    found = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, *rest = part.splitlines()
        rows = [line.strip("| ").split(" | ") for line in rest if line.startswith("|")]
        found[title] = [row for row in rows if row[0] != "---"]
    return found


def shown(board: Board, folder: Path) -> dict[str, dict[str, list[list[str]]]]:
    """Return what people see of the second dataset and of the means, by form: rows, headings first."""
    write_site(board, folder / "site")
    html = Tables((folder / "site" / "index.html").read_text()).tables
    text = markdown_tables((folder / "site" / "leaderboard.md").read_text())
    printed = {"dataset": dataset_table(board, "second"), "means": means_table(board)}
    terminal = {}
    for name, table in printed.items():
        assert table is not None
        cells = [[str(column.header), *map(str, column.cells)] for column in table.columns]
        cells = [[cell.replace("\\[", "[") for cell in column] for column in cells]  # rich's escape
        terminal[name] = [list(row) for row in zip(*cells, strict=True)]
    return {
        "html": {"dataset": html["dataset-2"], "means": html["mean"]},
        "markdown": {"dataset": text["second"], "means": text["Mean over all datasets"]},
        "terminal": terminal,
    }


def keys(listed: Any) -> list[str]:
    return [key for column in listed for key in column.keys]


def check_all_forms(board: Board, folder: Path) -> None:
    """Hold that the five forms show the columns of the lists, and no others."""
    forms = shown(board, folder)
    lists: dict[str, Any] = {"dataset": columns.DATASET_COLUMNS, "means": columns.mean_columns(board)}
    entries: dict[str, Any] = {"dataset": board.ranked("second"), "means": board.rows}
    for name, listed in lists.items():
        usual = seen(listed, board, entries[name])
        headings = [column.heading(board) for column in usual]
        on_page = seen(listed, board, entries[name], on_request=True)
        assert [column for column in on_page if column.priority != "on request"] == usual
        html = forms["html"][name]
        assert html[0] == [column.heading(board) for column in on_page]
        kept = [at for at, column in enumerate(on_page) if column.priority != "on request"]
        assert forms["terminal"][name][0] == headings
        assert [[row[at] for at in kept] for row in html] == forms["terminal"][name]
        assert forms["terminal"][name] == forms["markdown"][name]

    content = json.loads((folder / "site" / "leaderboard.json").read_text())
    best = content["methods"][0]
    assert set(best["mean"]) == set(keys(columns.MEAN_COLUMNS))
    assert set(best["runs"]) == set(board.suite.datasets)
    beside = {"genes", "perturbations", "pairs", "page", "caution", "predictions_sha256", "metrics"}
    assert set(best["runs"]["second"]) == set(keys(columns.DATASET_COLUMNS)) | beside

    context = {"suite", *setting(board)}
    beside = {"dataset", "genes", "perturbations", "pairs", "not_ranked"}
    for file, listed, more in (
        ("leaderboard.csv", columns.DATASET_COLUMNS, beside),
        ("leaderboard-means.csv", columns.mean_columns(board), set()),
    ):
        reader = csv.DictReader(io.StringIO((folder / "site" / file).read_text()))
        assert set(reader.fieldnames or ()) == set(keys(listed)) | context | more


def test_all_forms_show_the_same_columns(board: Board, tmp_path: Path) -> None:
    check_all_forms(board, tmp_path)


def test_a_column_in_the_list_is_in_all_forms(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "DATASET_COLUMNS", (*columns.DATASET_COLUMNS, SIZE))
    monkeypatch.setattr(columns, "MEAN_COLUMNS", (*columns.MEAN_COLUMNS, SIZE))
    check_all_forms(board, tmp_path)
    for form in shown(board, tmp_path / "again").values():
        for rows in form.values():
            assert rows[0].count("genes of small") == 1
            assert rows[1].count("0.250 [0.125, 0.500]") == 1
    for file in ("leaderboard.csv", "leaderboard-means.csv"):
        first = next(csv.DictReader(io.StringIO((tmp_path / "site" / file).read_text())))
        assert (first["gene_count"], first["gene_count_high"]) == ("0.25", "0.5")
    best = as_dict(board)["methods"][0]
    assert best["mean"]["gene_count"] == best["runs"]["second"]["gene_count"] == 0.25


def test_keys_and_headings_name_one_column_each(board: Board) -> None:
    for listed in (columns.DATASET_COLUMNS, columns.mean_columns(board), columns.UNRANKED_COLUMNS):
        assert len(set(keys(listed))) == len(keys(listed))
        headings = [column.heading(board) for column in listed]
        assert len(set(headings)) == len(headings)


def test_what_was_not_run_is_said_and_has_no_value(board: Board) -> None:
    (row,) = (row for row in board.rows if row.not_run)
    (line,) = (line for line in texts(columns.mean_columns(board), board, [row]))
    assert line["second"] == "not run"
    assert line[f"mean {columns.metric_name(board)} [95 %]"] == "not run on all"
    assert line["rank"] == line["p (Holm)"] == "-"
    values = record(columns.mean_columns(board), board, row)
    assert values["value"] is values["second"] is values["second_low"] is None
    assert values["simulated"] is not None


def test_a_page_sorts_numbers_by_their_value(board: Board, tmp_path: Path) -> None:
    """The data-value of a number is what JSON has."""
    write_site(board, tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text()
    ranked = [record(columns.DATASET_COLUMNS, board, run) for run in board.ranked("second")]
    shown = seen(columns.DATASET_COLUMNS, board, board.ranked("second"), on_request=True)
    numbers = [column.keys[0] for column in shown if column.is_number]
    table = page[page.index('id="dataset-2"') :]
    found = re.findall(r'data-value="([^"]*)"', table)[: len(ranked) * len(numbers)]
    wanted = ["" if line[key] is None else str(line[key]) for line in ranked for key in numbers]
    assert found == wanted
