"""Where components are called: what they raise becomes one line, what they print goes to stderr."""

from __future__ import annotations

import asyncio
import inspect
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from core_harness.errors import HarnessError, PluginError
from core_harness.llm import LLM, InProcess, Permanent, Provider, Reply, Request, Tokens, Transient
from core_harness.llm.loop import BlockedError
from core_harness.plugins.component import Instance, Stage
from core_harness.runs.manifest import ComponentReference

_SAID = (HarnessError, Transient, Permanent)
"""What a component raises on purpose: it passes as it is."""


def call(instance: Instance, method: str, *arguments: Any) -> Any:
    """Call a method of a component's object.

    Raises :class:`~core_harness.errors.PluginError` in place of an exception that is no error of this
    program: one line with the component, its distribution, the method, and where it happened.
    """
    with guarded(instance.stage, instance.reference, method):
        return getattr(instance.object, method)(*arguments)


@contextmanager
def guarded(stage: Stage, reference: ComponentReference, method: str) -> Iterator[None]:
    """Guard a call of a component, as :func:`call` does."""
    try:
        with prints_to_stderr():
            yield
    except _SAID:
        raise
    except (Exception, SystemExit, asyncio.CancelledError) as error:  # a component does not end the program
        raise _as_one_line(stage, reference, method, error) from error


@contextmanager
def prints_to_stderr() -> Iterator[None]:
    """Lead to stderr whatever is printed: stdout is for results."""
    with redirect_stdout(sys.stderr):
        yield


@contextmanager
def asking(instance: Instance) -> Iterator[None]:
    """Lead to stderr what a model prints, and say in one line that its ``ask`` blocks."""
    try:
        with prints_to_stderr():
            yield
    except BlockedError as error:
        raise PluginError(f"{instance.name} failed in ask: {error}") from error


class GuardedLLM:
    """A model whose every call is guarded; it is one itself."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._llm: LLM = instance.object

    def identity(self) -> Mapping[str, object]:
        """Return what changes an answer."""
        found: Mapping[str, object] = call(self._instance, "identity")
        return found

    def describe(self) -> Provider:
        """Return who will be asked."""
        provider: Provider = call(self._instance, "describe")
        return provider

    def upper_bound(self, request: Request) -> Tokens:
        """Return the most tokens that the request can take."""
        tokens: Tokens = call(self._instance, "upper_bound", request)
        return tokens

    @property
    def at_once(self) -> int | None:
        """Requests that a model of this process works on at a time; None for any other."""
        return self._llm.at_once if isinstance(self._llm, InProcess) else None

    def check(self, requests: Sequence[Request]) -> None:
        """Have a model of this process refuse what does not fit."""
        if isinstance(self._llm, InProcess):
            call(self._instance, "check", requests)

    async def ask(self, request: Request) -> Reply:
        """Send the request once. What it prints is led to stderr by the caller, for all requests together."""
        try:
            asked = self._llm.ask(request)
            reply = await asked if inspect.isawaitable(asked) else None
        except (*_SAID, TimeoutError):  # a timeout is one more reason to ask again
            raise
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # by a time limit or Ctrl-C, not by the model
                raise
            raise self._failed(error) from error
        except (Exception, SystemExit) as error:
            raise self._failed(error) from error
        who = called(self._instance.stage, self._instance.reference)
        if reply is None:
            raise PluginError(
                f"{who}: its ask is not asynchronous, or returned nothing; write 'async def ask'"
            )
        if not isinstance(reply, Reply):
            raise PluginError(
                f"{who}: its ask returned {type(reply).__name__}, wanted a core_harness.llm.Reply"
            )
        return reply

    def _failed(self, error: BaseException) -> PluginError:
        return _as_one_line(self._instance.stage, self._instance.reference, "ask", error)


def called(stage: Stage, reference: ComponentReference) -> str:
    """Return what messages call a component: stage, name, and the distribution that it is of."""
    whose = f" of {reference.distribution} {reference.version}" if reference.distribution else ""
    return f"{stage} {reference.name!r}{whose}"


def _as_one_line(
    stage: Stage, reference: ComponentReference, method: str, error: BaseException
) -> PluginError:
    return PluginError(
        f"{called(stage, reference)} failed in {method}: "
        f"{type(error).__name__}: {error} ({_place(error, reference.target)}); "
        "`core-harness --traceback ...` shows the rest"
    )


def _place(error: BaseException, target: str) -> str:
    """Return ``file:line`` of the innermost frame in the component's module, else of the innermost one."""
    module = sys.modules.get(target.partition(":")[0])
    own = getattr(module, "__file__", None)
    frames = traceback.extract_tb(error.__traceback__)
    found = [frame for frame in frames if frame.filename == own] or frames
    return f"{Path(found[-1].filename)}:{found[-1].lineno}" if found else "no line is known"
