"""A run that is killed while a real model answers goes on to the predictions of one that is not."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from program import ENVIRONMENT, run_here

from real_model.asking import WORLD

pytestmark = [pytest.mark.real_model, pytest.mark.slow]

LIMIT = 6


def answered(journal: Path) -> int:
    """Return how many replies a run that is being written has by now."""
    if not journal.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as store:
            return int(store.execute("SELECT count(*) FROM replies").fetchone()[0])
    except sqlite3.OperationalError:  # its tables are not made yet
        return 0


def test_a_killed_run_goes_on_to_the_same_predictions(weights: Path, tmp_path: Path) -> None:
    # without reuse: what was read before a prompt moves its numbers, and a resumed run has read other ones
    of_world = [option for name, value in WORLD.items() for option in ("-p", f"dataset.{name}={value}")]
    asking = ("-s", "isolated", "--model", f"llamacpp:{weights}", "--answer", "token")
    narrow = ("--model-param", "reuse=false", "-p", "organizer.facts=0", "--limit", str(LIMIT))
    command = ("eval", *asking, *narrow, *of_world)
    process = subprocess.Popen(
        [sys.executable, "-m", "core_harness", *command, "--out", "broken"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "CORE_HARNESS_CACHE": str(tmp_path / "one")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not any(answered(journal) for journal in tmp_path.glob("broken/*/replies.sqlite")):
        assert process.poll() is None, "the run ended before it was killed"
        time.sleep(0.05)
    process.kill()
    process.wait()
    (run,) = (tmp_path / "broken").iterdir()
    before = answered(run / "replies.sqlite")
    assert 0 < before < LIMIT
    assert json.loads((run / "run.json").read_text())["state"] == "running"

    another = {"CORE_HARNESS_CACHE": str(tmp_path / "another")}  # so only the run itself has its replies
    done = run_here("eval", "--resume", run.name, "--out", "broken", cwd=tmp_path, **another)
    assert done.returncode == 0, done.stderr
    asked = json.loads((run / "run.json").read_text())["asking"]
    assert (asked["from_journal"], asked["from_cache"]) == (before, 0)
    assert asked["from_provider"] == asked["calls"] == LIMIT - before

    undisturbed = {"CORE_HARNESS_CACHE": str(tmp_path / "third")}
    done = run_here(*command, "--out", "whole", cwd=tmp_path, **undisturbed)
    assert done.returncode == 0, done.stderr
    (whole,) = (tmp_path / "whole").iterdir()
    assert (whole / "predictions.parquet").read_bytes() == (run / "predictions.parquet").read_bytes()
