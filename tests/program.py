"""The command line, run in this process or in a separate one, without the user's settings and keys."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core_harness.cli import main

ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("CORE_HARNESS") and not name.endswith(("_API_KEY", "_API_BASE"))
}


def run_here(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``core-harness`` in this process, which takes milliseconds.

    What an import, a terminal, a signal or the encoding of a stream does is seen in a separate process
    only (:func:`run_apart`).
    """
    # not click's CliRunner: before click 8.2 it mixes the two streams
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    code = 0
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(cwd)
        patched.setattr(sys, "argv", ["core-harness", *arguments])
        for name in set(os.environ) - set(ENVIRONMENT):
            patched.delenv(name)
        for name, value in {"XDG_DATA_HOME": str(cwd / "data"), **environment}.items():
            patched.setenv(name, value)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
    stdout, stderr = (stream.buffer.getvalue().decode() for stream in (out, err))
    return subprocess.CompletedProcess(arguments, code, stdout, stderr)


def run_apart(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``core-harness`` in a separate process, which takes seconds: such a test is marked slow."""
    return subprocess.run(
        [sys.executable, "-m", "core_harness", *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
        check=False,
        env={**ENVIRONMENT, "XDG_DATA_HOME": str(cwd / "data"), **environment},
    )
