"""Sweeps whose driver or worker is killed: the same command goes on, and comes to the same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_sweeps import FREE, Made, is_alive, made, start, workers_of, write_plan

from core_harness.runs.folder import list_runs
from core_harness.testing import TestServer

pytestmark = pytest.mark.slow  # it starts and kills programs

GRID = """datasets = ["simulated", "simulated-dir"]
strategies = ["gene-frequency", "voting", "isolated", "few-shot"]
models = ["hosted_vllm/one", "hosted_vllm/two", "hosted_vllm/three"]
limit = 10
executor = "loky"
workers = 2
"""
CELLS = 2 * (2 + 2 * 3)
IN_FLIGHT = 4
PATIENCE = 300

DEADLY = """
import os, signal
from pathlib import Path
import polars as pl
from core_harness import ROWS

class Deadly:
    agent = "knockdown"
    question = "de"
    simulated = True

    def rows(self):
        with Path("deaths").open("a") as deaths:
            deaths.write("x")
        if len(Path("deaths").read_text()) <= LIVES:
            os.kill(os.getpid(), signal.SIGKILL)
        rows = [
            {"context": "c", "perturbation": f"P{p}", "gene": f"G{g}", "label": (p + g) % 2,
             "split": "test" if p > 8 else "train"}
            for p in range(12) for g in range(6)
        ]
        return pl.DataFrame(rows, schema=ROWS)
"""


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait until something holds, as long as a process runs."""
    until = time.monotonic() + PATIENCE
    while not condition() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.005)


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    """Wait for the end of a sweep, and return what it said."""
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, err
    return out + err


def unbroken(folder: Path) -> Made:
    """Return what the grid comes to where nothing is killed; no prompt is sent twice."""
    folder.mkdir()
    write_plan(folder, GRID)
    with TestServer(model="follows-evidence") as server:
        finish(start("plan.toml", cwd=folder, **server.environment))
        assert server.stats.requests == server.stats.distinct
    return made(folder / "runs")


def test_driver_and_worker_are_killed_at_random_and_nothing_is_lost(tmp_path: Path) -> None:
    draw = random.Random(11)
    broken = tmp_path / "broken"
    broken.mkdir()
    write_plan(broken, GRID)
    with TestServer(model="follows-evidence", latency=0.05) as server:

        def begin() -> subprocess.Popen[str]:
            limits = ("--concurrency", str(IN_FLIGHT))
            return start("plan.toml", *limits, cwd=broken, **server.environment)

        process = begin()
        wait_for(lambda: workers_of(process.pid), process)
        time.sleep(draw.random())
        for worker in workers_of(process.pid)[:1]:
            os.kill(worker, signal.SIGKILL)
        for _ in range(2):
            enough = server.stats.requests + draw.randint(5, 15)
            wait_for(lambda enough=enough: server.stats.requests >= enough, process)  # type: ignore[misc]
            workers = workers_of(process.pid)
            process.kill()
            process.communicate()
            assert process.returncode == -signal.SIGKILL
            assert len([run for run in list_runs(broken / "runs") if run.state == "complete"]) < CELLS
            process = begin()
            wait_for(lambda workers=workers: not any(map(is_alive, workers)), process)  # type: ignore[misc]
        finish(process)
        repeated = server.stats.requests - server.stats.distinct
        assert 0 <= repeated <= 2 * IN_FLIGHT
        before = server.stats.requests
        finish(begin())
        assert server.stats.requests == before
    found = made(broken / "runs")
    assert len(found) == CELLS
    assert found == unbroken(tmp_path / "unbroken")


@pytest.mark.parametrize(("lives", "code"), [(1, 0), (99, 1)])
def test_a_cell_that_kills_its_worker_is_tried_once_more_and_the_others_are_not_lost(
    tmp_path: Path, lives: int, code: int
) -> None:
    (tmp_path / "deadly.py").write_text(DEADLY.replace("LIVES", str(lives)))
    plan = ("-d", "deadly.py:Deadly", "-d", "simulated,simulated-dir", "-s", "constant")
    said = finish(start(*plan, "--executor", "loky", "--workers", "2", cwd=tmp_path), code)
    assert len((tmp_path / "deaths").read_text()) == 2
    assert ("its worker died each time that it was run" in said) == (code == 1)
    complete = {run.manifest.task.dataset for run in list_runs(tmp_path / "runs") if run.state == "complete"}
    assert complete == {"simulated", "simulated-dir"} | ({"Deadly@deadly.py"} if code == 0 else set())


def test_ctrl_c_ends_driver_and_workers_and_the_same_command_goes_on(tmp_path: Path) -> None:
    write_plan(tmp_path, FREE + "seeds = [0, 1, 2]\n")
    arguments = ("plan.toml", "--executor", "loky", "--workers", "2")
    process = start(*arguments, cwd=tmp_path)
    wait_for(lambda: any(run.state == "complete" for run in list_runs(tmp_path / "runs")), process)
    workers = workers_of(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "interrupted; the same command goes on" in err
    assert "Traceback" not in err
    assert workers
    assert not any(map(is_alive, workers))
    finish(start(*arguments, cwd=tmp_path))
    assert len(made(tmp_path / "runs")) == 18
