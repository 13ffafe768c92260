"""A model in the pipeline: through litellm's real client, to a real server on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import ENVIRONMENT, run_here
from worlds import world

from core_harness.testing import TestServer

pytestmark = pytest.mark.slow

QWEN = ("-s", "isolated", "--model", "qwen")
SECRET = "sk-a-secret-that-is-never-written-down"


@pytest.fixture
def server() -> Iterator[TestServer]:
    with TestServer(model="always-plausible") as running:
        yield running


class Person:
    """A user with a folder and a cache, and with the keys of a test server."""

    def __init__(self, folder: Path, server: TestServer | None) -> None:
        self.folder = folder
        self.environment = {"CORE_HARNESS_CACHE": str(folder / "cache")}
        if server is not None:
            self.environment |= server.environment | {"TOGETHERAI_API_KEY": SECRET}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "core_harness", "eval", *arguments],
            cwd=self.folder,
            env={**ENVIRONMENT, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def evaluate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_here("eval", *arguments, cwd=self.folder, **self.environment)

    @property
    def runs(self) -> list[Path]:
        return sorted((self.folder / "runs").iterdir())


def test_qwen_isolated_with_only_environment_variables(tmp_path: Path, server: TestServer) -> None:
    person = Person(tmp_path, server)
    done = person.evaluate(*QWEN, "--limit", "40", "--json")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert result["model"] == "qwen"
    assert result["simulated_parts"] == ["data", "answers"]
    assert result["coverage"]["scored"] == result["coverage"]["pairs"] == server.stats.requests
    assert (
        f"asking together_ai/Qwen/Qwen3.5-9B at 127.0.0.1:{server.url.split(':')[2].split('/')[0]}"
        in done.stderr
    )
    manifest = json.loads((person.runs[0] / "run.json").read_text())
    assert manifest["method"]["templates"][0]["template"] == "isolated"
    assert manifest["asking"]["from_provider"] == server.stats.requests
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET.encode() not in written
    assert SECRET not in done.stdout + done.stderr


def test_a_second_run_sends_nothing_and_needs_no_key(tmp_path: Path, server: TestServer) -> None:
    person = Person(tmp_path, server)
    first = person.evaluate(*QWEN, "--limit", "30")
    sent = server.stats.requests
    second = person.evaluate(*QWEN, "--limit", "30")
    assert first.returncode == second.returncode == 0
    assert server.stats.requests == sent
    assert "asking" not in second.stderr
    one, other = ((run / "predictions.parquet").read_bytes() for run in person.runs)
    assert one == other


def test_without_a_key_it_is_one_line_and_nothing_is_sent(tmp_path: Path) -> None:
    done = Person(tmp_path, None).evaluate(*QWEN)
    assert done.returncode == 2
    assert done.stderr == (
        "Error: model 'qwen' needs TOGETHERAI_API_KEY or DEEPINFRA_API_KEY in the environment; "
        "nothing was sent\n"
    )
    assert not (tmp_path / "runs").exists()


def test_a_run_is_made_again_from_the_replies_in_its_folder(tmp_path: Path, server: TestServer) -> None:
    person = Person(tmp_path, server)
    assert person.evaluate(*QWEN, "--limit", "40").returncode == 0
    sent = server.stats.requests
    (run,) = person.runs
    elsewhere = person.environment | {"CORE_HARNESS_CACHE": str(tmp_path / "another")}
    done = run_here("runs", "reproduce", run.name, cwd=tmp_path, **elsewhere)
    assert done.returncode == 0, done.stderr
    assert "the same predictions, byte by byte" in done.stdout
    assert server.stats.requests == sent
    (run / "replies.sqlite").unlink()
    done = run_here("runs", "reproduce", run.name, cwd=tmp_path, **elsewhere)
    assert done.returncode != 0


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(tmp_path: Path, server: TestServer) -> None:
    done = Person(tmp_path, server).evaluate(*QWEN, "--limit", "30", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "isolated:" in done.stdout
    assert "calls for" in done.stdout
    assert server.stats.requests == 0
    assert not (tmp_path / "runs").exists()


def test_a_price_of_ones_own_limits_the_cost(tmp_path: Path, server: TestServer) -> None:
    person = Person(tmp_path, server)
    priced = (*QWEN, "--limit", "60", "--price", "1,4")
    dry = person.evaluate(*priced, "--dry-run")
    assert "about $" in dry.stdout, dry.stderr
    done = person.evaluate(*priced, "--max-cost", "0.02", "--json")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    spent = (server.stats.prompt_tokens + 4 * server.stats.completion_tokens) / 1e6
    assert result["asking"]["cost"] == pytest.approx(spent)
    assert 0 < spent <= 0.02
    assert "max cost 0.02 is used up" in result["asking"]["ended"]


def test_it_is_said_that_a_model_may_have_read_the_data(tmp_path: Path, server: TestServer) -> None:
    person = Person(tmp_path, server)
    (tmp_path / "mine.toml").write_text(
        'schema_version = 1\n[datasets.mine]\nsummary = "s"\ncomponent = "simulated"\npublished = "2022-06"\n'
    )
    asked = ("-d", "mine", "-s", "isolated", "--model", "gpt-4.1", "--registry", "mine.toml", "--limit", "9")
    dry = person.evaluate(*asked, "--dry-run")
    done = person.evaluate(*asked, "--json")
    assert done.returncode == 0, done.stderr
    said = "published in 2022-06, and gpt-4.1 knows the time up to 2024-06: the model may have read about"
    assert said in dry.stderr
    note, asking, *_ = done.stderr.splitlines()
    assert said in note
    assert "asking openai/gpt-4.1" in asking
    (result,) = json.loads(done.stdout)["results"]
    assert result["contamination"]["possible"] is True
    manifest = json.loads((person.runs[0] / "run.json").read_text())
    assert manifest["contamination"] == result["contamination"]


def test_a_limit_is_never_passed_and_the_rest_can_be_resumed(tmp_path: Path, server: TestServer) -> None:
    person = Person(tmp_path, server)
    part = person.evaluate(*QWEN, "--limit", "60", "--max-calls", "20")
    assert server.stats.requests == 20
    assert "(PARTIAL)" in part.stdout
    (run,) = person.runs
    assert json.loads((run / "run.json").read_text())["state"] == "partial"
    whole = person.evaluate("--resume", run.name)
    assert whole.returncode == 0, whole.stderr
    pairs = server.stats.requests
    assert json.loads((run / "run.json").read_text())["state"] == "complete"
    again = person.evaluate("--resume", run.name)
    assert again.returncode == 5
    assert "nothing to resume" in again.stderr
    assert server.stats.requests == pairs == server.stats.distinct


@pytest.mark.slow
def test_a_killed_run_asks_again_only_what_was_in_flight(tmp_path: Path) -> None:
    with TestServer(model="always-plausible", latency=0.05) as server:
        person = Person(tmp_path, server)
        process = person.start(*QWEN, "--limit", "150", "--concurrency", "4")
        while server.stats.answered < 30:
            assert process.poll() is None, process.stderr
            time.sleep(0.01)
        process.kill()
        process.communicate()
        (run,) = person.runs
        assert json.loads((run / "run.json").read_text())["state"] == "running"
        resumed = person.evaluate("--resume", run.name)
        assert resumed.returncode == 0, resumed.stderr
        assert server.stats.requests <= server.stats.distinct + 4
    with TestServer(model="always-plausible") as server:
        unbroken = Person(tmp_path / "unbroken", server)
        unbroken.folder.mkdir()
        unbroken.evaluate(*QWEN, "--limit", "150")
    assert (run / "predictions.parquet").read_bytes() == (
        unbroken.runs[0] / "predictions.parquet"
    ).read_bytes()


def test_a_table_can_be_asked_about_without_a_knowledge_graph(tmp_path: Path, server: TestServer) -> None:
    world(perturbations=12).write_csv(tmp_path / "screen.csv")
    person = Person(tmp_path, server)
    person.environment["CORE_HARNESS_DATA"] = str(tmp_path / "nothing")
    screen = (*QWEN, "--dataset", "table:screen.csv")
    done = person.evaluate(*screen)
    assert done.returncode == 3
    assert done.stderr.endswith("; or give the model no facts: -p organizer.facts=0\n")
    assert server.stats.requests == 0
    done = person.evaluate(*screen, "-p", "organizer.facts=0")
    assert done.returncode == 0, done.stderr
    assert server.stats.requests > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-s", "isolated"), "isolated asks a model; name one with --model"),
        (("-s", "potency", "--model", "qwen"), "potency asks no model; leave out --model"),
        ((*QWEN, "--samples", "0"), "parameter samples='0': Input should be greater than or equal to 1"),
        (("-s", "voting", "--control-seeds", "0"), "control seeds is 0"),
        ((*QWEN, "--model-param", "temprature=1"), "did you mean 'temperature'"),
        ((*QWEN, "--model-param", "temperature=hot"), "parameter temperature='hot'"),
        ((*QWEN, "--api-base", "nowhere"), "the api base is no address"),
        (("-s", "isolated", "--model", "no/such-model"), "unknown model 'no/such-model'"),
        ((*QWEN, "--max-failures", "few"), "max failures 'few' is no count"),
        ((*QWEN, "--price", "cheap"), "price 'cheap' is not PROMPT,COMPLETION"),
        ((*QWEN, "--price", "-1,2"), "price '-1,2' is not PROMPT,COMPLETION"),
        ((*QWEN, "--max-cost", "1"), "give it (--price PROMPT,COMPLETION)"),
        ((*QWEN, "--model-param", "key_variable=sk-abc"), "key_variable is the name of an environment"),
        (("--resume", "nothing"), "is not a run folder"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    arguments: tuple[str, ...], message: str, tmp_path: Path, server: TestServer
) -> None:
    done = Person(tmp_path, server).evaluate(*arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert server.stats.requests == 0
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())
