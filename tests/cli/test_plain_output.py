"""What others wrote reaches no terminal as anything but text: neither in errors nor in notices."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import run_here

from core_harness.cli.output.progress import watching

ESCAPE = "\x1b]0;taken\x07\x1b[31m\u202e"


def test_errors_and_notices_obey_no_escape(tmp_path: Path) -> None:
    (tmp_path / "runs" / ESCAPE).mkdir(parents=True)
    (tmp_path / "runs" / ESCAPE / "run.json").write_text("{", encoding="utf-8")
    for arguments in (["runs", "list"], ["runs", "show", ESCAPE], ["runs", "show"], ["leaderboard", ESCAPE]):
        done = run_here(*arguments, cwd=tmp_path)
        assert done.stderr.strip()
        assert done.stderr.replace("\n", "").isprintable()


def test_a_reason_that_a_server_gave_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as (_, notice):
        notice(f"ended early: 400: {ESCAPE}\nrest")
    assert capsys.readouterr().err == "ended early: 400: ?]0;taken??[31m?\nrest\n"
