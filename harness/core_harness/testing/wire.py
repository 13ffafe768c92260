"""As much of HTTP/1.1 as a chat client uses."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True)
class HttpRequest:
    """A request, its header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """Return the next request of a connection, or None at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return HttpRequest(method, path.partition("?")[0], headers, body)


def response(status: int, body: bytes, *, kind: str = "application/json", **headers: str) -> bytes:
    """Return a whole response."""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"content-type: {kind}",
        f"content-length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def json_response(status: int, content: Mapping[str, Any], **headers: str) -> bytes:
    """Return a whole response with a JSON body."""
    return response(status, json.dumps(content).encode(), **headers)


def error_response(status: int, message: str, **headers: str) -> bytes:
    """Return an error as the OpenAI protocol writes it."""
    content = {"error": {"message": message, "type": HTTPStatus(status).name.lower(), "code": None}}
    return json_response(status, content, **headers)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection so that the other side reads "connection reset"."""
    lingering = struct.pack("ii", 1, 0)  # off, with 0 seconds: what is unsent is thrown away
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
    writer.transport.abort()
