"""A run that is killed, has no room, and is led elsewhere comes to the answers of one that is not."""

from __future__ import annotations

import multiprocessing
import random
import resource
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from core_harness.errors import RunError
from core_harness.llm import Journal, Settings, ask_all
from core_harness.llm.answers import parse_replies
from core_harness.testing import TestServer
from core_harness_plugins.llms.litellm import LiteLLM
from llm.askers import prompts

pytestmark = pytest.mark.slow  # it starts and kills programs

CALLS = 600
KILLS = 6
IN_FLIGHT = 16
REDIRECTS = 1 / 200
"""Share of attempts; those of these prompts meet some."""


def run(url: str, folder: Path, room: int | None) -> None:
    """Ask all prompts. ``room`` is by how many bytes the journal may still grow; None is without limit."""
    if room is not None:
        size = max(file.stat().st_size for file in folder.glob("replies.sqlite*")) + room
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        with Journal(folder / "replies.sqlite") as journal:
            llm = LiteLLM(model="hosted_vllm/m", api_base=url)
            asked = ask_all(llm, prompts(CALLS), journal=journal, settings=Settings(concurrency=IN_FLIGHT))
    except RunError as error:
        raise SystemExit(f"{error}") from None
    if asked.summary.ended is None:
        parse_replies(prompts(CALLS), asked.replies).write_parquet(folder / "answers.parquet")
        return
    assert asked.summary.ended.startswith(f"{url.removesuffix('/v1')} redirects to http://elsewhere.invalid")


def unanswered(folder: Path) -> int:
    with Journal(folder / "replies.sqlite") as journal:
        outcomes = [outcome for *_, outcome in journal.attempts()]
    assert outcomes.count("answered") <= CALLS
    return len(outcomes) - outcomes.count("answered")


def test_a_run_that_is_broken_off_asks_again_only_what_was_in_flight(
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

    def start(url: str, folder: Path, room: int | None = None) -> BaseProcess:
        child = context.Process(target=run, args=(url, folder, room))
        child.start()
        return child

    kills, full, ends, before = 0, False, 0, 0
    with TestServer(model="always-plausible", latency=0.01, faults={"redirect": REDIRECTS}) as server:
        while not (broken / "answers.parquet").exists():
            fill = kills == KILLS // 2 and not full
            child = start(server.url, broken, 30_000 if fill else None)
            enough = server.stats.requests + draw.randint(1, CALLS // (KILLS + 2))
            while kills < KILLS and not fill and server.stats.requests < enough and child.is_alive():
                time.sleep(0.0005)
            if kills < KILLS and not fill:
                child.kill()
            child.join()
            kills += child.exitcode == -signal.SIGKILL
            full |= fill and child.exitcode == 1
            ends += child.exitcode == 0
            lost, before = unanswered(broken) - before, unanswered(broken)
            # on a full disk, replies that could not be written are lost beside the calls in flight then
            assert lost <= IN_FLIGHT * (2 if fill else 1)
        stats = server.stats
        assert (kills, full, stats.distinct) == (KILLS, True, CALLS)
        assert stats.faults["redirect"] >= 1
        assert 0 < stats.requests - CALLS <= before

        again = stats.requests
        child = start(server.url, broken)
        child.join()
        assert server.stats.requests == again  # a run that is whole sends nothing
    with TestServer(model="always-plausible") as server:
        child = start(server.url, whole)
        child.join()
        assert server.stats.requests == CALLS
    assert (broken / "answers.parquet").read_bytes() == (whole / "answers.parquet").read_bytes()
