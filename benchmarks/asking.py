"""What asking costs besides the provider: CPU a call, and the time to replay a journal.

One run, one test server in a separate process, the same prompts for all::

    python benchmarks/asking.py
    python benchmarks/asking.py --inspect /path/to/python    # of an environment with inspect_ai and openai

Prints CPU time of this process a call, at 32 and 128 in flight, of the whole run (prompts to answers, with
journal and cache on disk) and of bare ``litellm.acompletion`` with the same parameters; then the wall time
of a run whose 100,000 replies all come from its journal. With ``--inspect``, CPU of inspect_ai a sample.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from core_harness.knowledge.facts import Facts
from core_harness.llm import (
    Cache,
    Journal,
    Reply,
    Request,
    Settings,
    TopLogprobs,
    ask_all,
    loop,
    requests_of,
)
from core_harness.llm.answers import parse_replies
from core_harness.llm.keys import reply_key
from core_harness.prompts import Layout, load_template, pair_prompts
from core_harness.schemas import PAIRS, Task
from core_harness_plugins.llms.litellm import LiteLLM

CALLS = 1500
REPEATS = 3
LATENCY = 0.05
REPLAYED = 100_000

_SERVER = """
import sys
from core_harness.testing import serve
latency = float(sys.argv[1])
serve(model="always-plausible", latency=latency, announce=lambda server: print(server.url, flush=True))
"""

_INSPECT = """
import sys, json, time, tempfile
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample, MemoryDataset
from inspect_ai.model import GenerateConfig, get_model, ChatMessageSystem, ChatMessageUser
from inspect_ai.solver import generate
url, connections, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
prompts = json.load(open(path))
samples = [Sample(input=[ChatMessageSystem(content=s), ChatMessageUser(content=u)]) for s, u in prompts]
limits = dict(max_tokens=1024, max_connections=connections)
config = GenerateConfig(temperature=0.0, logprobs=True, top_logprobs=5, **limits)
model = get_model("openai-api/local/m", base_url=url, api_key="none", config=config)
def run(some):
    task = Task(dataset=MemoryDataset(some), solver=generate())
    with tempfile.TemporaryDirectory() as logs:
        before = time.process_time()
        (log,) = eval(task, model=model, log_dir=logs, display="none", max_samples=connections)
        assert log.status == "success", log.error
        return (time.process_time() - before) / len(some)
run(samples[:50])
print(run(samples))
"""


@contextmanager
def server(latency: float) -> Iterator[str]:
    """Run the test server in a separate process, so that its CPU time is not counted."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(latency)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def prompts_for(pairs: int, first: int = 0) -> pl.DataFrame:
    """Return distinct prompts of the usual length."""
    numbers = range(first, first + pairs)
    task = Task(
        dataset="benchmark",
        question="de",
        agent="knockdown",
        regime="unseen-perturbation",
        seed=0,
        simulated=True,
    )
    content = {
        "pair_id": numbers,
        "context": ["K562"] * pairs,
        "perturbation": [f"PERTURBED{n}" for n in numbers],
        "gene": [f"GENE{n % 997}" for n in numbers],
    }
    asked = pl.DataFrame(content, schema=PAIRS)
    return pair_prompts(load_template("isolated"), task, asked, None, facts=Facts.none(), layout=Layout())


def whole_run(llm: LiteLLM, prompts: pl.DataFrame, in_flight: int) -> float:
    """Return CPU seconds a call from prompts to answers."""
    with tempfile.TemporaryDirectory() as folder:
        before = time.process_time()
        with (
            Cache(Path(folder, "cache.sqlite")) as cache,
            Journal(Path(folder, "replies.sqlite"), cache=cache) as journal,
        ):
            asked = ask_all(llm, prompts, journal=journal, settings=Settings(concurrency=in_flight))
        answers = parse_replies(prompts, asked.replies)
        assert (answers["status"] == "ok").all()
        return (time.process_time() - before) / prompts.height


def bare(llm: LiteLLM, prompts: pl.DataFrame, in_flight: int) -> float:
    """Return CPU seconds a call of litellm alone, on the same event loop."""
    import litellm  # noqa: PLC0415 - the plugin has imported it, quiet and offline

    requests = requests_of(prompts)
    parameters = llm._parameters(requests[0])  # noqa: SLF001 - the very same parameters

    async def worker(waiting: Iterator[Request]) -> None:
        for request in waiting:
            await litellm.acompletion(
                model=llm.model,
                messages=[{"role": turn.role, "content": turn.content} for turn in request.messages],
                timeout=86_400.0,
                max_retries=0,
                **parameters,
            )

    async def all_of_them() -> None:
        waiting = iter(requests)
        await asyncio.gather(*(worker(waiting) for _ in range(in_flight)))

    before = time.process_time()
    loop.run(all_of_them())
    return (time.process_time() - before) / prompts.height


def replay(llm: LiteLLM, prompts: pl.DataFrame) -> float:
    """Return wall seconds of a run whose replies are all in its journal."""
    place = TopLogprobs(25, ((" yes", -0.1), (" no", -2.3), (" Yes", -5.0), (" maybe", -6.0), (" I", -7.0)))
    reply = Reply(
        text="This is a reply.\n\nANSWER: yes",
        model="simulated/always-plausible",
        finish="stop",
        logprobs=(place,),
    )
    identity = llm.identity()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "replies.sqlite")
        with Journal(path) as journal:
            journal.adopt({reply_key(identity, request): reply for request in requests_of(prompts)})
        before = time.perf_counter()
        with Journal(path) as journal:
            asked = ask_all(llm, prompts, journal=journal)
        answers = parse_replies(prompts, asked.replies)
        assert asked.summary.from_journal == answers.height == prompts.height
        return time.perf_counter() - before


def inspect(python: str, url: str, prompts: pl.DataFrame, in_flight: int) -> float:
    """Return CPU seconds a sample of inspect_ai, in its own environment."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(prompts.select("system", "user").rows(), file)
        file.flush()
        arguments = [python, "-c", _INSPECT, url, str(in_flight), file.name]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument(
        "--inspect", metavar="PYTHON", help="interpreter of an environment with inspect_ai"
    )
    python = arguments.parse_args().inspect
    os.environ.setdefault("OPENAI_API_KEY", "no-key-needed")
    with server(LATENCY) as url:
        for provider in ("hosted_vllm", "openai"):
            llm = LiteLLM(model=f"{provider}/m", api_base=url)
            llm.describe()
            warm = prompts_for(200)
            bare(llm, warm, 32)
            whole_run(llm, warm, 32)
            for in_flight in (32, 128):
                prompts = prompts_for(CALLS)
                pairs = [
                    (whole_run(llm, prompts, in_flight), bare(llm, prompts, in_flight))
                    for _ in range(REPEATS)
                ]
                ours, theirs = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
                print(
                    f"{provider}/, {in_flight} in flight: {ours:.2f} ms CPU a call, "
                    f"bare litellm {theirs:.2f} ms, {ours - theirs:+.2f} ms"
                )
        if python:
            theirs = 1000 * inspect(python, url, prompts_for(CALLS), 32)
            print(f"inspect_ai, 32 in flight: {theirs:.2f} ms CPU a sample")
    llm = LiteLLM(model="hosted_vllm/m", api_base="http://127.0.0.1:1/v1")
    print(f"{REPLAYED:,} replies from the journal: {replay(llm, prompts_for(REPLAYED)):.1f} s")


if __name__ == "__main__":
    main()
