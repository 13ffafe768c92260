"""Sweeps by the workers of dask, over TCP: the same bytes, also where a worker is killed in mid-run."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from program import run_here
from small_sweeps import FREE, made, start, write_plan

from core_harness.runs.folder import list_runs

pytestmark = pytest.mark.slow  # it starts workers

PATIENCE = 300


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two workers, each a process, and a scheduler at an address of this machine."""
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, protocol="tcp", host="127.0.0.1", dashboard_address=None
    ) as running:
        yield running


@pytest.mark.filterwarnings("default")  # of distributed
@pytest.mark.parametrize("kills", [0, 1])
def test_two_workers_over_tcp_make_the_same_bytes(tmp_path: Path, cluster: Any, kills: int) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    lists = FREE + "seeds = [0, 1, 2]\n"
    for folder in (here, there):
        folder.mkdir()
        write_plan(folder, lists)
    address = cluster.scheduler_address
    assert address.startswith("tcp://127.0.0.1:")
    process = start("plan.toml", "--executor", "dask", "--dask-address", address, cwd=there)
    until = time.monotonic() + PATIENCE
    while kills and not any(run.state == "complete" for run in list_runs(there / "runs")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)
    for worker in [*cluster.workers.values()][:kills]:
        os.kill(worker.pid, signal.SIGKILL)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    done = run_here("sweep", "plan.toml", cwd=here, CORE_HARNESS_CACHE=str(here / "cache"))
    assert done.returncode == 0, done.stderr
    assert made(there / "runs") == made(here / "runs")
    assert len(made(here / "runs")) == 18


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    plan = ("-d", "simulated", "-s", "constant", "--executor", "dask")
    process = start(*plan, "--dask-address", "tcp://127.0.0.1:9", cwd=tmp_path)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "Error: no dask scheduler answers at tcp://127.0.0.1:9" in err
    assert "Traceback" not in err
