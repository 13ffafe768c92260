"""What litellm's HTTP clients may send and receive: no redirect elsewhere, and replies within bounds.

litellm and the clients it brings follow redirects with the prompt, read a body of any size and unpack it, and
take any text for a reply. So every client is given a transport that looks at the response first.
"""

from __future__ import annotations

import json
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpx

from core_harness.llm import MOST_BYTES, Permanent, Tokens, Transient, counted


@dataclass
class Call:
    """What the transport saw of a call; litellm's exceptions say less.

    Attributes
    ----------
    failure
        Why the response was not passed on; None if it was.
    replied
        Whether a reply was passed on.
    tokens
        What the reply counts, if it does.
    """

    failure: Transient | Permanent | None = None
    replied: bool = False
    tokens: Tokens | None = None


_current: ContextVar[Call | None] = ContextVar("call", default=None)


@contextmanager
def watched() -> Iterator[Call]:
    """Watch the call that is made within the context, in this task."""
    call = Call()
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


class BoundedTransport(httpx.AsyncBaseTransport):
    """Another transport, whose responses are read whole and checked before a client has them."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return a whole response, unpacked; ``httpx.TransportError`` if it is refused, with the reason."""
        call = _current.get() or Call()
        request.headers["accept-encoding"] = "gzip"
        try:
            response = await self._respond(request)
            if response.is_success:
                call.tokens = _tokens(_reply(response))
                call.replied = True
        except (Transient, Permanent) as failure:
            call.failure = failure
            raise httpx.TransportError(str(failure), request=request) from failure
        return response

    async def aclose(self) -> None:
        """Close the other transport."""
        await self._inner.aclose()

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._inner.handle_async_request(request)
        except Exception as error:
            if (why := _tls_failure(error)) is not None:
                raise Permanent(f"{request.url.netloc.decode()}: {why}", hopeless=True) from error
            raise
        try:
            _refuse_redirect(request, response)
            content = await _read(response)
        finally:
            await response.aclose()
        packed = {"content-encoding", "content-length", "transfer-encoding"}
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in packed]
        return httpx.Response(response.status_code, headers=headers, content=content, request=request)


def bound_clients(handler: Any) -> None:
    """Have litellm's ``AsyncHTTPHandler`` bound the transports of its clients, and of openai's."""
    make: Callable[..., httpx.AsyncBaseTransport | None] = handler.create_async_transport

    def make_bounded(*arguments: Any, **named: Any) -> BoundedTransport:
        return BoundedTransport(make(*arguments, **named) or httpx.AsyncHTTPTransport())

    handler.create_async_transport = staticmethod(make_bounded)
    # litellm sends a request again, unasked, when a connection breaks; it may have been paid for
    handler.single_connection_post_request = _no_second_request


async def _no_second_request(*_: object, **__: object) -> None:
    raise ConnectionError("the connection broke before there was a reply")


def _refuse_redirect(request: httpx.Request, response: httpx.Response) -> None:
    """Raise :class:`Permanent` for a response that leads to another server, with prompt and key."""
    if not response.has_redirect_location:
        return
    here = request.url
    try:
        there = here.join(response.headers["location"])
    except httpx.InvalidURL:
        raise Permanent(f"{here.netloc.decode()} redirects to no address", hopeless=True) from None
    if (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
        raise Permanent(
            f"{_name(here)} redirects to {_name(there)}, where nothing was sent; "
            "if that is the right server, name it with --api-base",
            hopeless=True,
        )


def _name(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('latin-1')}"[:200]


async def _read(response: httpx.Response) -> bytes:
    """Return the body, unpacked. Raises :class:`Transient` for one that is too long or cannot be unpacked."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in {"identity", "", "gzip"}:
        raise Transient(f"the reply is packed as {packing[:40]!r}, which was not asked for")
    unpack = zlib.decompressobj(wbits=31) if packing == "gzip" else None
    content = bytearray()
    async for chunk in response.aiter_raw():
        try:
            content += chunk if unpack is None else unpack.decompress(chunk, MOST_BYTES + 1)
        except zlib.error:
            raise Transient("the reply says that it is gzip, and is not") from None
        if len(content) > MOST_BYTES:
            raise Transient(f"the reply has more than {MOST_BYTES:,} bytes")
    if unpack is not None and content and not unpack.eof:
        raise Transient("the reply ends before its end")
    return bytes(content)


def _reply(response: httpx.Response) -> Mapping[str, Any]:
    """Return the JSON object of a successful response. Raises :class:`Transient` where there is none."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and "json" not in kind:
        raise Transient(f"the reply is {kind[:60]!r}, wanted JSON")
    try:
        found = json.loads(response.content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Transient(f"the reply is no JSON: {str(error)[:100]}") from None
    if not isinstance(found, dict):
        raise Transient(f"the reply is a JSON {type(found).__name__}, wanted an object")
    return found


def _no_number(text: str) -> float:
    """Return minus infinity, which some servers give as a log-probability, and refuse other words."""
    if text == "-Infinity":
        return float(text)
    raise ValueError(f"{text} is no JSON number")


def _tokens(reply: Mapping[str, Any]) -> Tokens | None:
    usage = reply.get("usage")
    if not isinstance(usage, dict):
        return None
    return counted(usage.get("prompt_tokens"), usage.get("completion_tokens"))


def _tls_failure(error: BaseException) -> str | None:
    """Return why no encrypted connection was made; None where another reason is behind an exception."""
    cause: BaseException | None = error
    while cause is not None:
        # aiohttp keeps the reason beside its exceptions
        for found in (getattr(cause, "certificate_error", None), getattr(cause, "os_error", None), cause):
            if isinstance(found, ssl.SSLError):
                return f"no encrypted connection: {found}"[:300]
        cause = cause.__cause__ or cause.__context__
    return None
