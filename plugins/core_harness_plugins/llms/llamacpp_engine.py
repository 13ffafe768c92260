"""llama.cpp in this process. The one module that imports xllamacpp (extra ``local``), when it is used."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import requests

from core_harness.errors import UsageError
from core_harness.llm import Message

_SILENT = -1
_COUNTING = 30.0
"""Seconds that the engine may take to count the tokens of a prompt, which it does in milliseconds."""


class Engine:
    """Weights in memory, with slots that each answer one request at a time.

    The engine reuses what a slot has read before, so requests with one beginning should follow each other. It
    also listens on loopback, from where only its tokenizer is used, behind a key that is drawn here.

    Parameters
    ----------
    path
        A GGUF file.
    context
        Tokens that a request may take, answer included.
    slots, threads
        Requests at a time, and threads that work on them together.
    """

    def __init__(self, path: Path, *, context: int, slots: int, threads: int) -> None:
        xllamacpp = _xllamacpp()
        self._key = secrets.token_hex(16)
        settings = xllamacpp.CommonParams()
        settings.model.path = str(path)
        settings.n_ctx = context * slots
        settings.n_parallel = slots
        settings.cpuparams.n_threads = threads
        settings.cpuparams_batch.n_threads = threads
        settings.fit_params = False  # it would choose another context by the memory that is free now
        settings.verbosity = _SILENT
        settings.api_keys = [self._key]
        try:
            self._server = xllamacpp.Server(settings)
        except Exception as error:  # noqa: BLE001 - whatever the binding raises, the file is at fault
            raise UsageError(f"{path.name} cannot be loaded by llama.cpp ({error}); is it whole?") from None

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the engine's answer to a request in the OpenAI protocol; an error is one of its fields."""
        answer: dict[str, Any] = self._server.handle_chat_completions(dict(body))
        return answer

    def count(self, messages: Sequence[Message]) -> int:
        """Return the tokens of a chat, with the marks of the model's template."""
        chat = {"messages": [{"role": turn.role, "content": turn.content} for turn in messages]}
        prompt = self._post("apply-template", chat)["prompt"]
        return len(self._post("tokenize", {"content": prompt, "parse_special": True})["tokens"])

    def _post(self, path: str, content: Mapping[str, Any]) -> Any:
        reply = requests.post(
            f"{self._server.listening_address}/{path}",
            json=content,
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=_COUNTING,
        )
        reply.raise_for_status()
        return reply.json()


@lru_cache(maxsize=1)
def open_engine(path: Path, *, context: int, slots: int, threads: int) -> Engine:
    """Return the engine of these weights; the last one is kept, so that the methods of a run share it."""
    return Engine(path, context=context, slots=slots, threads=threads)


def engine_version() -> str:
    """Return the release of the engine. Raises :class:`UsageError` where it is not installed."""
    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        raise UsageError(
            "models in this process need the extra local: pip install 'core-harness[local]'"
        ) from None


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex. It is computed again only when the file has changed."""
    known = path.stat()
    return _digest(path, known.st_size, known.st_mtime_ns)


@cache
def _digest(path: Path, size: int, modified: int) -> str:  # noqa: ARG001 - they say which file it was
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _xllamacpp() -> Any:
    engine_version()
    import xllamacpp  # noqa: PLC0415 - an extra, and no light import

    return xllamacpp
