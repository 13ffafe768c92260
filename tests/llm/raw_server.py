"""A server of this machine that sends the bytes that it is given, whatever they are."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_HANDSHAKE = b"\x16"
"""First byte of a client that wants TLS."""
Sender = Callable[[], AsyncIterator[bytes]]

COMPLETION: dict[str, Any] = {
    "id": "simulated",
    "object": "chat.completion",
    "created": 0,
    "model": "simulated/raw",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ANSWER: yes"}}
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}
"""A good reply, to be spoilt."""


def http(body: bytes, *headers: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    """Return a response with its length."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", f"content-type: {kind}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def completion(**changes: Any) -> bytes:
    """Return a good reply with changes."""
    return http(json.dumps(COMPLETION | changes).encode())


@contextmanager
def raw_server(
    response: bytes | Sender, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """Serve a response to all requests; gives the api base, and a list of the heads that came."""
    loop = asyncio.new_event_loop()
    heads: list[bytes] = []
    tasks: set[asyncio.Task[None]] = set()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            first = await reader.readexactly(1)
            if first != _HANDSHAKE:
                heads.append(first + await reader.readuntil(b"\r\n\r\n"))
            if isinstance(response, bytes):
                writer.write(response)
            else:
                async for part in response():
                    writer.write(part)
                    await writer.drain()
            await writer.drain()
        writer.close()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(connect, host, 0, ssl=tls)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    name = f"[{host}]" if ":" in host else host
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://{name}:{port}/v1", heads
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
