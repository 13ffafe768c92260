from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from core_harness.testing import TestServer


def post(server: TestServer, text: str, **fields: Any) -> tuple[int, dict[str, str], bytes]:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}], **fields}).encode()
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    try:
        connection.request("POST", "/v1/chat/completions", body, {"authorization": "Bearer sk-abcdefgh"})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def get(server: TestServer, path: str) -> Any:
    with urllib.request.urlopen(f"http://{urlsplit(server.url).netloc}{path}", timeout=5) as response:
        return json.load(response)


def test_it_listens_on_this_machine_only_and_counts() -> None:
    with TestServer(model="always-plausible") as server:
        assert urlsplit(server.url).hostname == "127.0.0.1"
        for text in ("Gene: A", "Gene: A", "Gene: B"):
            status, _, body = post(server, text)
            assert status == 200
        usage = json.loads(body)["usage"]
        stats = get(server, "/stats")
    assert (stats["requests"], stats["answered"], stats["distinct"]) == (3, 3, 2)
    assert stats["prompt_tokens"] == 3 * usage["prompt_tokens"] == 9
    assert stats["in_flight"] == 0
    with pytest.raises(OSError, match="refused"):
        post(server, "Gene: A")


def test_connections_are_kept() -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "Gene: A"}]})
    with TestServer() as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
        answers = []
        for _ in range(3):
            connection.request("POST", "/v1/chat/completions", body)
            answers.append(connection.getresponse().read())
        connection.close()
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [("429", 429), ("500", 500), ("502-html", 502), ("400", 400), ("401", 401), ("404", 404)],
)
def test_faults_with_a_status(fault: str, status: int) -> None:
    with TestServer(faults={fault: 1.0}, retry_after=7) as server:
        got, headers, body = post(server, "Gene: A")
        assert got == status
        assert headers.get("retry-after") == ("7" if fault == "429" else None)
        assert (b"<html>" in body) == (fault == "502-html")
        assert (b"sk-abcdefgh" in body) == (fault == "401")
        assert server.stats.faults == {fault: 1}
        assert server.stats.completion_tokens == server.stats.answered == 0


def test_faults_without_one() -> None:
    with TestServer(faults={"truncated": 1.0}) as server, pytest.raises(http.client.IncompleteRead):
        post(server, "Gene: A")
    with TestServer(faults={"reset": 1.0}) as server, pytest.raises(ConnectionResetError):
        post(server, "Gene: A")
    with TestServer(faults={"hang": 1.0}) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=0.1)
        connection.request(
            "POST", "/v1/chat/completions", b'{"messages": [{"role": "user", "content": "x"}]}'
        )
        with pytest.raises(TimeoutError):
            connection.getresponse()
        assert server.stats.in_flight == 1
        connection.close()
        while server.stats.in_flight:
            time.sleep(0.001)
        assert server.stats.completion_tokens > 0  # it had worked


@pytest.mark.parametrize("fault", ["empty", "no-choices", "bad-structure", "cut-off"])
def test_faults_of_content(fault: str) -> None:
    with TestServer(faults={fault: 1.0}) as server:
        status, _, body = post(server, "Gene: A")
        assert status == 200
        choices = json.loads(body)["choices"]
        assert server.stats.answered == 0
    if fault == "no-choices":
        assert choices == []
        return
    text = choices[0]["message"]["content"]
    assert (text == "") == (fault == "empty")
    assert ("verdict" in text) == (fault == "bad-structure")
    assert choices[0]["finish_reason"] == ("length" if fault == "cut-off" else "stop")


def test_faults_depend_on_content_and_attempt() -> None:
    def met(order: list[int]) -> list[list[int]]:
        with TestServer(faults={"429": 0.2, "500": 0.2}) as server:
            statuses = {n: [post(server, f"Gene: G{n}")[0] for _ in range(3)] for n in order}
        return [statuses[n] for n in sorted(statuses)]

    forwards, backwards = met(list(range(30))), met(list(reversed(range(30))))
    assert forwards == backwards
    flat = [status for statuses in forwards for status in statuses]
    assert 10 < flat.count(429) < 30
    assert 10 < flat.count(500) < 30


def test_more_than_its_capacity_is_turned_away() -> None:
    with TestServer(latency=0.1, capacity=2) as server, ThreadPoolExecutor(4) as pool:
        statuses = sorted(status for status, _, _ in pool.map(lambda n: post(server, f"Gene: {n}"), range(4)))
    assert statuses == [200, 200, 429, 429]
    assert server.stats.most_in_flight > 2


def test_what_is_no_chat() -> None:
    with TestServer() as server:
        status, _, body = post(server, "x", messages="none")
        assert status == 400
        assert b"not a chat request" in body
        with pytest.raises(urllib.error.HTTPError, match="404") as missing:
            get(server, "/v1/models")
        missing.value.close()


@pytest.mark.slow
def test_it_can_be_run_by_itself() -> None:
    program = (
        "import signal\n"
        "from core_harness.testing import serve\n"
        # where the tests run in the background, Ctrl-C is ignored in what they start
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "announce = lambda server: print(server.url, *server.environment, flush=True)\n"
        "serve(model='ignores-evidence', announce=announce)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url, *names = process.stdout.readline().split()
            assert {"HOSTED_VLLM_API_BASE", "OPENAI_API_BASE", "OPENAI_API_KEY"} <= set(names)
            with urllib.request.urlopen(url.replace("/v1", "/stats"), timeout=5) as response:
                assert json.load(response)["requests"] == 0
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
