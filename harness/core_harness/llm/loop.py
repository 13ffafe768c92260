"""One event loop per process, in a separate thread, for all model calls.

HTTP clients keep connections that belong to a loop, so a new loop for each call would lose them; and
a caller may already run a loop (a notebook does), in which nothing can wait for another.
"""

from __future__ import annotations

import asyncio
import atexit
import signal
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

_GLANCE = 0.2
"""Seconds between looks at whether the caller was interrupted."""


GRACE = 60.0
"""Seconds without a sign of the loop, beyond what a call may take, after which it is given up."""


class BlockedError(Exception):
    """A coroutine held up the loop, and so all others, for too long."""


class _Home:
    """The loop and its thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="core-harness-asking", daemon=True)
        self.thread.start()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(_cancel_all(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def abandon(self) -> None:
        """Leave a loop that no one can stop to the end of the process."""
        global _home  # noqa: PLW0603 - one a process is the point
        atexit.unregister(self.close)
        _home = None

    def place(self) -> str:
        """Return ``file:line`` where the thread is."""
        frame = sys._current_frames().get(self.thread.ident or 0)  # noqa: SLF001 - the only way to know
        return "an unknown line" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


_home: _Home | None = None


def run(coroutine: Coroutine[Any, Any, T], *, patience: float | None = None) -> T:
    """Run a coroutine on the loop of this process and return its result.

    If the caller is interrupted (Ctrl-C, or SIGTERM in the main thread), the coroutine is cancelled and
    ends before the interruption is raised.

    Raises :class:`BlockedError` where nothing on the loop gets its turn for ``patience`` seconds and
    :data:`GRACE`, because a coroutine waits without awaiting; None waits for ever. The loop is left behind.
    """
    home = _open_home()
    outcome: Future[T] = Future()
    tasks: list[asyncio.Task[T]] = []

    def start() -> None:
        tasks.append(home.loop.create_task(coroutine))
        tasks[0].add_done_callback(finish)

    def stop() -> None:  # runs behind start, which was called for first
        tasks[0].cancel()

    def finish(task: asyncio.Task[T]) -> None:
        if task.cancelled():
            outcome.set_exception(asyncio.CancelledError())
        elif error := task.exception():
            outcome.set_exception(error)
        else:
            outcome.set_result(task.result())

    turn = threading.Event()

    def wait_or_give_up(limit: float | None) -> None:
        silent = 0  # glances, not seconds: a process that was stopped and goes on has not waited
        # polars has interrupted waits resumed, so that one without end would not notice Ctrl-C
        while not wait([outcome], _GLANCE).done:
            silent = 0 if turn.is_set() else silent + 1
            turn.clear()
            home.loop.call_soon_threadsafe(turn.set)
            if limit is not None and silent * _GLANCE > limit:
                home.abandon()
                home.loop.call_soon_threadsafe(stop)  # should it ever go on
                raise BlockedError(
                    f"it held up all requests for {limit:.0f} s at {home.place()}; await what takes long, or "
                    "move it to another thread (asyncio.to_thread)"
                )

    with _terminated_like_interrupted():
        home.loop.call_soon_threadsafe(start)
        try:
            wait_or_give_up(None if patience is None else patience + GRACE)
            return outcome.result()
        except (KeyboardInterrupt, SystemExit):
            home.loop.call_soon_threadsafe(stop)
            wait_or_give_up(GRACE)
            raise


def _open_home() -> _Home:
    global _home  # noqa: PLW0603 - one a process is the point
    # a forked child has the object, but not its thread
    if _home is None or not _home.thread.is_alive():
        _home = _Home()
        atexit.register(_home.close)
    return _home


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM unwind the stack as Ctrl-C does, unless the program handles it already."""
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def leave(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
