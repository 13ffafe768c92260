"""One folder cannot stop the board: whatever it holds, it is a line, and honest rows stay as they are."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from runs import bombs
from runs.records import summary
from runs.test_reading import HOSTILE as HOSTILE_JSON
from runs.test_reading import SPECIAL
from small_boards import board_of, run_on
from small_runs import change, made, rewrite

from core_harness.leaderboard import write_site
from core_harness.pages.untrusted import UNNAMED
from core_harness.runs.folder import Run, open_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    frequency, voting = made(tmp_path_factory.mktemp("runs"))
    return frequency, voting


@pytest.fixture
def honest(runs: tuple[Run, Run], tmp_path: Path) -> list[Path]:
    return [shutil.copytree(run.folder, tmp_path / "runs" / run.name) for run in runs]


@pytest.fixture
def folder(runs: tuple[Run, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run of voting, to be made hostile."""
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    return shutil.copytree(runs[1].folder, tmp_path / "runs" / "hostile")


def reason_of(honest: list[Path]) -> str:
    """Build the board of all folders; hold that honest rows stand; return why the hostile one is unranked."""
    board = board_of([honest[0].parent])
    assert [run.run for run in board.ranked("simulated")] == [honest[1].name, honest[0].name]
    assert [run.notes for run in board.ranked("simulated")] == [(), ()]
    (unranked,) = board.unranked
    assert unranked.run == "hostile"
    assert unranked.reason.isprintable()
    assert len(unranked.reason) <= 300
    assert str(honest[0].parent) not in unranked.reason
    return unranked.reason


@pytest.mark.parametrize("name", HOSTILE_JSON)
def test_a_record_of_hostile_json_is_a_line(name: str, folder: Path, honest: list[Path]) -> None:
    text, message = HOSTILE_JSON[name]
    (folder / "run.json").write_bytes(text.encode("latin1"))
    assert message in reason_of(honest)


@pytest.mark.parametrize("file", ["run.json", "predictions.parquet"])
@pytest.mark.parametrize("special", SPECIAL)
def test_what_is_no_regular_file_is_a_line(special: Any, file: str, folder: Path, honest: list[Path]) -> None:
    (folder / file).unlink()
    special(folder / file)
    assert f"{file} cannot be read: " in reason_of(honest)


PARQUETS: dict[str, Callable[[], bytes]] = {
    **bombs.BOMBS,
    "other types": lambda: bombs.of_other_types()[0],
    "no Parquet": lambda: b"PAR1" + bytes(1000) + b"PAR1",
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("name", PARQUETS)
def test_hostile_predictions_are_a_line(name: str, folder: Path, honest: list[Path]) -> None:
    content = PARQUETS[name]()
    (folder / "predictions.parquet").write_bytes(content)
    change(open_run(folder), predictions_sha256=hashlib.sha256(content).hexdigest())
    reason = reason_of(honest)
    assert "cannot be used" in reason or "too large" in reason


COMPONENT = {"name": "c", "parameters": {}}
RECORDS: dict[str, tuple[dict[str, Any], str]] = {
    "components": ({"method": {"components": {str(at): COMPONENT for at in range(20)}}}, "at most 16 items"),
    "templates": (
        {"method": {"templates": [{"template": "t", "version": 1, "sha256": "0"}] * 65}},
        "at most 64 items",
    ),
    "seed": ({"task": {"seed": -5}}, "seed is -5"),
    "seeds of a control": ({"control_seeds": 10**9}, "less than or equal to 10000"),
    "control": ({"control": "nope"}, "key control"),
    "part": ({"part": {"limit": -1}}, "key part.limit"),
    "share of genes": ({"task": {"gene_holdout": 7}}, "gene_holdout is 7"),
    "escapes": ({"task": {"dataset": "\x1b]0;owned\x07\u202e"}}, "is not part of the suite"),
    "a cut-off run": ({"state": "partial", "asking": asdict(summary(ended="\x1b[2J" * 99))}, "partial: "),
}


@pytest.mark.parametrize("name", RECORDS)
def test_values_that_no_run_has_are_a_line(name: str, folder: Path, honest: list[Path]) -> None:
    changes, message = RECORDS[name]
    change(open_run(folder), **changes)
    assert message in reason_of(honest)


def test_a_folder_that_is_a_link_or_no_folder_is_left_out(honest: list[Path], tmp_path: Path) -> None:
    """A link below a folder of results may lead to runs of the maintainer that are not to be published."""
    parent = honest[0].parent
    (parent / "file").write_text("no folder")
    (parent / "loop").symlink_to(parent)
    (parent / "nothing").symlink_to(tmp_path / "nothing")
    shutil.move(honest[1], tmp_path / "elsewhere")
    (parent / "hostile").symlink_to(tmp_path / "elsewhere")
    board = board_of([parent])
    assert [run.run for run in board.ranked("simulated")] == [honest[0].name]
    assert board.unranked == []
    assert run_on(board_of([parent / "hostile"]), "hostile")  # named on the command line, it is meant


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_folder_that_may_not_be_read_is_a_line(folder: Path, honest: list[Path]) -> None:
    (folder / "run.json").chmod(0)
    assert "Permission denied" in reason_of(honest)


@pytest.mark.parametrize(
    "name", ["", " ", "\u200b\u200d", "\u3164", "\u2800", "\n\t", "\x1b[8m".replace("[8m", "")], ids=ascii
)
def test_a_blank_name_is_replaced(name: str, folder: Path, honest: list[Path], tmp_path: Path) -> None:
    renamed = folder.rename(folder.with_name(name)) if name.strip("\n\t ") else folder
    change(open_run(renamed), method={"label": name, "model": name})
    board = board_of([honest[0].parent])
    run = run_on(board, UNNAMED if renamed != folder else "hostile")
    assert (run.method, run.model) == (UNNAMED, UNNAMED)
    write_site(board, tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text()
    assert f">{UNNAMED}</a>" in page
    assert f"<td>{UNNAMED}</td>" in page


def test_a_folder_whose_name_is_no_text_is_a_row(folder: Path, honest: list[Path], tmp_path: Path) -> None:
    folder.rename(folder.with_name(os.fsdecode(b"\xff\x1b[31m|<b>")))
    board = board_of([honest[0].parent])
    (unranked,) = board.unranked  # it is a copy of the honest one
    assert "?" in unranked.run + unranked.reason
    write_site(board, tmp_path / "site")


MEASURED = """
import json, re, sys
from pathlib import Path
from small_boards import board_of
board = board_of([Path(sys.argv[1])])
# getrusage would tell the peak of the parent, which has made the hostile files
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"ranked": len(board.runs), "unranked": len(board.unranked), "megabytes": peak}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory from /proc")
def test_hostile_folders_take_no_memory(honest: list[Path], tmp_path: Path) -> None:
    """Read, each of these Parquet files would take hundreds of megabytes, and each record tens."""

    def measured(cache: str) -> dict[str, float]:
        path = os.pathsep.join(sys.path)
        environment = {**os.environ, "PYTHONPATH": path, "CORE_HARNESS_CACHE": str(tmp_path / cache)}
        command = [sys.executable, "-c", MEASURED, str(honest[0].parent)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        found: dict[str, float] = json.loads(done.stdout)
        return found

    before = measured("before")
    for at, content in enumerate([bombs.many_rows(8_000_000), bombs.long_names(), bombs.many_groups()]):
        copy = shutil.copytree(honest[1], honest[1].with_name(f"predictions-{at}"))
        change(open_run(copy), predictions_sha256=hashlib.sha256(content).hexdigest())
        (copy / "predictions.parquet").write_bytes(content)
    for at, note in enumerate(([[] for _ in range(80_000)], ["x" * 9_999] * 25, "x" * 200_000)):
        copy = shutil.copytree(honest[1], honest[1].with_name(f"record-{at}"))
        change(open_run(copy), note=note)
    after = measured("after")
    assert after["ranked"] == before["ranked"] == 2
    assert after["unranked"] == 6
    assert after["megabytes"] < before["megabytes"] + 150


SCORES = {
    "huge": (pl.col("score") - 0.5) * 3e307,
    "tiny": pl.col("score") * 5e-324,
    "zeros of both signs": pl.when(pl.col("pair_id") % 2 == 0).then(0.0).otherwise(-0.0),
    "one value": pl.lit(1e308),
}


@pytest.mark.parametrize("name", SCORES)
def test_scores_at_the_ends_of_what_numbers_can_be_are_a_row(
    name: str, folder: Path, honest: list[Path], tmp_path: Path
) -> None:
    rewrite(open_run(folder), open_run(folder).predictions().with_columns(score=SCORES[name]))
    board = board_of([honest[0].parent])
    assert run_on(board, "hostile").figures.coverage == 1.0
    assert run_on(board, honest[1].name).figures.report == board_of([honest[1]]).runs[0].figures.report
    write_site(board, tmp_path / "site")
