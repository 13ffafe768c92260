"""A run that is killed again and again, and one that is not, come to the same answers."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from pathlib import Path

import pytest

from core_harness.llm import Journal, Settings, ask_all
from core_harness.llm.answers import parse_replies
from core_harness.testing import TestServer
from core_harness_plugins.llms.litellm import LiteLLM
from llm.askers import prompts

pytestmark = pytest.mark.slow  # it starts and kills programs

CALLS = 300
KILLS = 5
IN_FLIGHT = 16


def run(url: str, folder: Path, calls: int) -> None:
    with Journal(folder / "replies.sqlite") as journal:
        llm = LiteLLM(model="hosted_vllm/m", api_base=url)
        asked = ask_all(llm, prompts(calls), journal=journal, settings=Settings(concurrency=IN_FLIGHT))
    (folder / "summary.txt").write_text(f"{asked.summary.lost} {asked.summary.from_journal}")
    parse_replies(prompts(calls), asked.replies).write_parquet(folder / "answers.parquet")


def test_a_killed_run_asks_only_what_was_in_flight_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(7)
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    # a server of processes imports litellm once, and forks the runs from there
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["litellm", "core_harness_plugins.llms.litellm"])
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    broken.mkdir()
    whole.mkdir()
    lost = []
    with TestServer(model="always-plausible", latency=0.01) as server:
        for _ in range(KILLS):
            child = context.Process(target=run, args=(server.url, broken, CALLS))
            child.start()
            enough = server.stats.requests + draw.randint(1, CALLS // (KILLS + 1))
            while server.stats.requests < enough and child.is_alive():
                time.sleep(0.0005)
            child.kill()
            child.join()
            assert child.exitcode == -signal.SIGKILL
            with Journal(broken / "replies.sqlite") as journal:
                lost.append(sum(outcome is None for *_, outcome in journal.attempts()))
                assert journal.close_lost() == lost[-1] <= IN_FLIGHT
        child = context.Process(target=run, args=(server.url, broken, CALLS))
        child.start()
        child.join()
        assert child.exitcode == 0
        asked_again = server.stats.requests - CALLS
        assert server.stats.distinct == CALLS
        assert 0 < asked_again <= sum(lost)

        again = server.stats.requests
        child = context.Process(target=run, args=(server.url, broken, CALLS))
        child.start()
        child.join()
        assert server.stats.requests == again  # a run that is whole sends nothing

        unbroken = context.Process(target=run, args=(server.url, whole, CALLS))
        unbroken.start()
        unbroken.join()
    assert (broken / "summary.txt").read_text() == f"0 {CALLS}"
    assert (broken / "answers.parquet").read_bytes() == (whole / "answers.parquet").read_bytes()
