"""Sweeps over small simulated worlds: what is typed, and what their runs hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from program import ENVIRONMENT

from core_harness.runs.folder import list_runs

SMALL = """
[parameters.dataset]
perturbations = 24
genes = 10
modules = 4
"""
"""Parameters of the simulated world, for a plan."""

FREE = 'datasets = ["simulated", "simulated-dir"]\nstrategies = ["gene-frequency", "constant", "voting"]\n'
"""Lists of a plan of six cells that ask no model."""

Made = dict[tuple[str, str, str | None, int], tuple[bytes, bytes]]


def write_plan(folder: Path, lists: str) -> Path:
    """Write a plan of small worlds, and return it."""
    path = folder / "plan.toml"
    path.write_text(lists + SMALL)
    return path


def start(*arguments: str, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """Start ``core-harness sweep`` in a separate process."""
    return subprocess.Popen(
        [sys.executable, "-m", "core_harness", "sweep", *arguments],
        cwd=cwd,
        env={**ENVIRONMENT, "CORE_HARNESS_CACHE": str(cwd / "cache"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def made(folder: Path) -> Made:
    """Return predictions and metrics of the runs of a folder; there is one a cell, and all are complete."""
    runs = list_runs(folder)
    assert {run.state for run in runs} == {"complete"}
    found: Made = {}
    for run in runs:
        method, task = run.manifest.method, run.manifest.task
        files = ((run.folder / name).read_bytes() for name in ("predictions.parquet", "report.json"))
        found[task.dataset, method.label, method.model, task.seed] = next(files), next(files)
    assert len(found) == len(runs)
    return found


def workers_of(driver: int) -> list[int]:
    """Return the processes of a driver's workers."""
    children = Path(f"/proc/{driver}/task").glob("*/children")  # of each of its threads
    pids = [int(pid) for listed in children for pid in listed.read_text().split()]
    return [pid for pid in pids if b"popen_loky" in _command(pid)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_alive(pid: int) -> bool:
    """Return whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
