"""Faults of the machine: one line, an exit code of the tree, nothing half-written. See docs/threats.md."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from program import ENVIRONMENT
from worlds import world

from core_harness.runs.folder import open_run
from core_harness.testing import TestServer

pytestmark = pytest.mark.slow  # it starts programs

HANGS = 300.0
"""Seconds from which on a program hangs; it takes a few."""
MODEL = ("-s", "isolated", "--model", "qwen", "--limit", "30")


def start(*arguments: str, cwd: Path, **more: object) -> subprocess.CompletedProcess[str]:
    """Run the program; it comes to its end without a traceback."""
    environment = {"CORE_HARNESS_CACHE": str(cwd / "cache"), **more.pop("environment", {})}  # type: ignore[dict-item]
    done: subprocess.CompletedProcess[str] = subprocess.run(  # type: ignore[call-overload]
        [sys.executable, "-m", "core_harness", *arguments],
        cwd=cwd,
        env={**ENVIRONMENT, "XDG_DATA_HOME": str(cwd / "data"), **environment},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=HANGS,
        check=False,
        **({"stdout": subprocess.PIPE} | more),
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("Error: ")]


def files_of_at_most(size: int) -> Callable[[], None]:
    """Return what makes a process unable to write larger files, as a full disk does."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def whole(folder: Path) -> None:
    """Assert that a folder of runs holds whole files only."""
    for path in folder.rglob("*"):
        assert not path.name.endswith((".tmp", ".lock")), path
        if path.suffix == ".json":
            json.loads(path.read_text())


@pytest.mark.parametrize("command", [("eval", "-s", "constant"), ("models",)])
def test_a_full_device_as_output_is_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = start(*command, cwd=tmp_path, stdout=full)
    assert (done.returncode, len(errors(done))) == (1, 1)
    assert errors(done) == ["Error: what was to be written is not whole: No space left on device"]


@pytest.mark.parametrize("command", [("eval", "-s", "constant"), ("models",)])
def test_a_reader_that_leaves_is_no_error_of_ours(command: tuple[str, ...], tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as left:
        done = start(*command, cwd=tmp_path, stdout=left)
    assert (done.returncode, errors(done)) == (1, [])


def test_closed_streams_do_not_stop_a_run(tmp_path: Path) -> None:
    shell = f'exec "{sys.executable}" -m core_harness eval -s constant >&- 2>&-'
    done = subprocess.run(
        ["/bin/sh", "-c", shell],
        cwd=tmp_path,
        env={**ENVIRONMENT, "CORE_HARNESS_CACHE": str(tmp_path / "cache")},
        timeout=HANGS,
        check=False,
    )
    assert done.returncode == 0
    (run,) = (tmp_path / "runs").iterdir()
    assert open_run(run).state == "complete"


@pytest.mark.parametrize("size", [0, 3_000])
def test_a_disk_that_is_full_when_a_run_is_written_is_one_line(size: int, tmp_path: Path) -> None:
    done = start("eval", "-s", "constant", cwd=tmp_path, preexec_fn=files_of_at_most(size))
    assert done.returncode == 5
    (line,) = errors(done)
    assert "cannot write" in line
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize("size", [8_192, 150_000])
def test_a_disk_that_is_full_while_asking_is_one_line_and_the_run_goes_on(size: int, tmp_path: Path) -> None:
    with TestServer(model="always-plausible") as server:
        environment = server.environment
        done = start("eval", *MODEL, cwd=tmp_path, environment=environment, preexec_fn=files_of_at_most(size))
        assert done.returncode == 5
        assert len(errors(done)) == 1
        runs = [path.name for path in (tmp_path / "runs").iterdir()]
        again = ("eval", *(("--resume", runs[0]) if runs else MODEL))
        done = start(*again, cwd=tmp_path, environment=environment)
        assert done.returncode == 0, done.stderr
        assert server.stats.requests <= server.stats.distinct + 8
    (run,) = (tmp_path / "runs").iterdir()
    assert open_run(run).state == "complete"
    whole(tmp_path / "runs")


def test_a_disk_that_is_full_when_a_site_is_written_is_one_line(tmp_path: Path) -> None:
    assert start("eval", "-s", "constant,gene-frequency", cwd=tmp_path).returncode == 0
    build = ("leaderboard", "build", "runs", "--suite", "simulated", "--out", "site")
    done = start(*build, cwd=tmp_path, preexec_fn=files_of_at_most(20_000))
    assert done.returncode in {1, 5}, done.stderr
    assert len(errors(done)) == 1
    done = start(*build, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "index.html").exists()


@pytest.mark.parametrize("place", ["/proc/runs", "/dev/null/runs"])
def test_a_place_that_cannot_be_written_is_one_line(place: str, tmp_path: Path) -> None:
    done = start("eval", "-s", "constant", "--out", place, cwd=tmp_path)
    assert done.returncode == 5
    assert "choose another folder with --out" in errors(done)[0]
    with TestServer(model="always-plausible") as server:
        environment = {**server.environment, "CORE_HARNESS_CACHE": place}
        done = start("eval", *MODEL, cwd=tmp_path, environment=environment)
        assert server.stats.requests == 0
    assert done.returncode in {3, 5}
    assert len(errors(done)) == 1


def test_a_folder_that_vanishes_while_asking_is_one_line(tmp_path: Path) -> None:
    with TestServer(model="always-plausible", latency=0.2) as server:
        program = subprocess.Popen(
            [sys.executable, "-m", "core_harness", "eval", *MODEL, "--concurrency", "1"],
            cwd=tmp_path,
            env={**ENVIRONMENT, **server.environment, "CORE_HARNESS_CACHE": str(tmp_path / "cache")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while server.stats.answered < 3 and program.poll() is None:
            time.sleep(0.01)
        shutil.rmtree(tmp_path / "runs")
        _, said = program.communicate(timeout=HANGS)
    assert program.returncode == 5
    assert "Traceback" not in said
    assert len([line for line in said.splitlines() if line.startswith("Error: ")]) == 1


def test_names_that_are_no_utf8_are_used_or_refused_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xff\xfe d")
    folder.mkdir()
    table = folder / "screen.csv"
    table.write_text(world(perturbations=12).write_csv())
    done = start("eval", "-s", "constant", cwd=folder)
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "runs").iterdir()
    for command in (("runs", "list"), ("runs", "list", "--json"), ("runs", "show", str(run))):
        done = start(*command, cwd=folder)
        assert done.returncode == 0, done.stderr
    done = start("eval", "-s", "constant", "--dataset", f"table:{table}", cwd=folder)
    assert done.returncode == 2
    assert "rename it" in errors(done)[0]
    done = start("eval", "-s", "constant", "--dataset", "table:screen.csv", cwd=folder)
    assert done.returncode == 0, done.stderr


def test_two_runs_share_a_cache_and_both_go_on(tmp_path: Path) -> None:
    with TestServer(model="always-plausible", latency=0.05) as server:
        environment = {**ENVIRONMENT, **server.environment, "CORE_HARNESS_CACHE": str(tmp_path / "cache")}
        programs = [
            subprocess.Popen(
                [sys.executable, "-m", "core_harness", "eval", *MODEL, "--out", f"runs{number}"],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(2)
        ]
        for program in programs:
            _, said = program.communicate(timeout=HANGS)
            assert program.returncode == 0, said
    one, other = (next((tmp_path / f"runs{number}").iterdir()) for number in range(2))
    assert (one / "predictions.parquet").read_bytes() == (other / "predictions.parquet").read_bytes()
