"""A chat-completions server on this machine that speaks the OpenAI protocol, and fails on demand."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from core_harness.errors import UsageError, unknown
from core_harness.testing.completion import complete
from core_harness.testing.faults import SPARED, check_faults, chosen_fault
from core_harness.testing.scripted import SCRIPTED
from core_harness.testing.wire import (
    HttpRequest,
    error_response,
    json_response,
    read_request,
    reset,
    response,
)
from core_harness.vocabulary import ScriptedName

T = TypeVar("T")


@dataclass
class Stats:
    """What a server counted. ``GET /stats`` returns it.

    Attributes
    ----------
    requests
        All that arrived, failed ones too.
    answered
        Those that got a whole answer without a fault.
    distinct
        Requests of different content.
    faults
        How often each fault occurred.
    prompt_tokens, completion_tokens
        Tokens of all requests that were answered, lost answers among them.
    in_flight, most_in_flight
        Requests being answered now, and at most.
    """

    requests: int = 0
    answered: int = 0
    distinct: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    in_flight: int = 0
    most_in_flight: int = 0


@dataclass(frozen=True, kw_only=True)
class Script:
    """How a test server behaves.

    Attributes
    ----------
    model
        A name of :data:`~core_harness.testing.scripted.SCRIPTED`.
    faults
        Share of attempts, by name of :data:`~core_harness.testing.faults.FAULTS`.
    latency
        Seconds until an answer.
    capacity
        Requests in flight at most; more are refused (429). None takes all.
    retry_after
        Seconds that a 429 asks to wait.
    """

    model: ScriptedName = "follows-evidence"
    faults: Mapping[str, float] = field(default_factory=dict)
    latency: float = 0.0
    capacity: int | None = None
    retry_after: float = 0.05

    def __post_init__(self) -> None:
        if self.model not in SCRIPTED:
            raise UsageError(unknown("scripted model", self.model, SCRIPTED))
        check_faults(self.faults)


class TestServer:
    """A test server in a separate thread, on a free port of this machine, while the context lasts.

    Takes the attributes of :class:`Script`::

        with TestServer(model="follows-evidence", faults={"429": 0.2}) as server:
            ...  # ask a model at server.url
        assert server.stats.requests == 100
    """

    __test__ = False  # pytest would collect it by its name

    def __init__(self, *, port: int = 0, **script: Any) -> None:
        self._port = port
        self._service = _Service(Script(**script))

    @property
    def stats(self) -> Stats:
        """What the server has counted so far."""
        return self._service.stats

    @property
    def url(self) -> str:
        """The api base, e.g. ``http://127.0.0.1:40123/v1``."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which models of hosted_vllm, openai and together_ai are asked here."""
        return {
            "HOSTED_VLLM_API_BASE": self.url,
            "OPENAI_API_BASE": self.url,
            "OPENAI_API_KEY": "no-key-needed",
            "TOGETHER_AI_API_BASE": self.url,
            "TOGETHERAI_API_KEY": "no-key-needed",
        }

    def __enter__(self) -> TestServer:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test-server", daemon=True)
        self._thread.start()
        self._port = self._run(self._service.start(self._port))
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._service.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


def serve(*, port: int = 0, announce: Callable[[TestServer], None], **script: Any) -> None:
    """Run a test server until the program is interrupted; ``announce`` is called when it listens."""
    with TestServer(port=port, **script) as server:
        announce(server)
        with suppress(KeyboardInterrupt):
            while True:  # polars has an interrupted sleep resumed, so that a long one would not notice
                time.sleep(0.2)


class _Service:
    """Requests in, answers and faults out."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._seen: Counter[bytes] = Counter()
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.stats = Stats()

    async def start(self, port: int) -> int:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", port, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        # the end of the server is a normal end of this task, which asyncio would otherwise complain of
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while (request := await read_request(reader)) is not None:
                if request.path.endswith("/chat/completions"):
                    self.stats.requests += 1
                    self.stats.in_flight += 1
                    self.stats.most_in_flight = max(self.stats.most_in_flight, self.stats.in_flight)
                    try:
                        await self._chat(request, reader, writer)
                    finally:
                        self.stats.in_flight -= 1
                elif request.path == "/stats":
                    writer.write(json_response(200, asdict(self.stats)))
                else:
                    writer.write(error_response(404, f"nothing is at {request.path}"))
                await writer.drain()
        writer.close()

    async def _chat(
        self, request: HttpRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        script, stats = self._script, self.stats
        if script.capacity is not None and stats.in_flight > script.capacity:
            stats.faults["429"] += 1
            writer.write(self._turned_away())
            return
        digest = hashlib.sha256(request.body).digest()
        self._seen[digest] += 1
        stats.distinct = len(self._seen)
        fault = chosen_fault(script.faults, digest, self._seen[digest])
        if fault is not None:
            stats.faults[fault] += 1
        if script.latency:
            await asyncio.sleep(script.latency)
        if fault in SPARED:
            writer.write(self._refusal(fault, request))
            return
        try:
            completion = complete(script.model, json.loads(request.body), fault)
        except (ValueError, KeyError, TypeError) as error:
            writer.write(error_response(400, f"not a chat request: {type(error).__name__}: {error}"))
            return
        stats.prompt_tokens += completion.prompt_tokens
        stats.completion_tokens += completion.completion_tokens
        whole = json_response(200, completion.content)
        if fault == "hang":
            await reader.read()  # until the client leaves
            raise ConnectionResetError
        if fault == "reset":
            reset(writer)
            raise ConnectionResetError
        if fault == "truncated":
            writer.write(whole[: -len(whole) // 3])
            await writer.drain()
            raise ConnectionResetError
        stats.answered += fault is None
        writer.write(whole)

    def _turned_away(self) -> bytes:
        return error_response(429, "too many requests", retry_after=f"{self._script.retry_after:g}")

    def _refusal(self, fault: str, request: HttpRequest) -> bytes:
        if fault == "429":
            return self._turned_away()
        if fault == "502-html":
            page = (
                b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
            )
            return response(502, page, kind="text/html")
        if fault == "redirect":
            return response(307, b"", location="http://elsewhere.invalid/v1/chat/completions")
        if fault == "401":
            key = request.headers.get("authorization", "").removeprefix("Bearer ")
            return error_response(401, f"Incorrect API key provided: {key}")
        messages = {
            "400": "the request is not valid",
            "404": "the model does not exist",
            "500": "out of order",
        }
        return error_response(int(fault), messages[fault])
