"""``core-harness eval --model qwen --strategy voting``, typed as it stands, in a folder without anything."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest
from program import ENVIRONMENT

from core_harness.testing import TestServer

pytestmark = pytest.mark.slow  # the program starts, and litellm with it

COMMAND = "core-harness eval --model qwen --strategy voting"


def typed(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Type the command in ``folder`` with no other settings and keys than those given."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    own = {"PATH": path, "CORE_HARNESS_CACHE": str(folder / "cache")}
    return subprocess.run(
        COMMAND.split(),
        cwd=folder,
        env={**ENVIRONMENT, **own, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_with_a_key_the_model_grades_the_voters(tmp_path: Path) -> None:
    with TestServer(model="follows-evidence") as server:
        done = typed(tmp_path, **server.environment)
    assert done.returncode == 0, done.stderr
    assert "voting · qwen (SIMULATED answers)" in done.stdout
    assert "asking together_ai/Qwen/Qwen3.5-9B at 127.0.0.1:" in done.stderr
    assert server.stats.requests == server.stats.answered > 0
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_without_a_key_it_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    with TestServer() as server:
        done = typed(tmp_path, TOGETHER_AI_API_BASE=server.url)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "Error: model 'qwen' needs TOGETHERAI_API_KEY or DEEPINFRA_API_KEY in the environment; "
        "nothing was sent\n"
    )
    assert server.stats.requests == 0
    assert not (tmp_path / "runs").exists()
