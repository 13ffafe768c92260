"""A bad file gives one line that says where, exit code 3, no traceback and no run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from data.bad_tables import BAD

from core_harness.cli import cli


@pytest.mark.parametrize(("name", "content", "says"), BAD.values(), ids=BAD.keys())
def test_a_bad_table_ends_the_evaluation_in_one_line(
    name: str, content: bytes, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    done = CliRunner().invoke(cli, ["eval", "--dataset", f"table:{name}", "--strategy", "constant"])
    assert done.exit_code == 3
    assert done.stdout == ""
    assert says.replace("'c'", "'unspecified'") in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not Path("runs").exists()
