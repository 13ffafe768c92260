"""Executors: where cells that ask no model are run.

``sequential`` is this process, ``loky`` processes of this machine, ``dask`` the workers of a scheduler, or
of a cluster that is started here. Each is a :class:`Pool`, by which cells are handed out one by one.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from threading import Event
from typing import Any

from joblib.externals.loky import get_reusable_executor

from core_harness.errors import UsageError
from core_harness.suites.workers import prepare_worker
from core_harness.vocabulary import ExecutorName

Call = tuple[Any, ...]
"""A function and its arguments."""

_POLL = 0.2
"""Seconds after which a wait for workers looks whether it is to stop."""

_IDLE = 300
"""Seconds after which an idle worker ends, and with it what it has loaded; as joblib has it."""

_CONNECT = 10
"""Seconds within which a scheduler must answer."""


@dataclass(frozen=True, kw_only=True)
class Where:
    """Where cells are run: an executor, its workers (None: as many as it has), and a scheduler's address."""

    executor: ExecutorName = "sequential"
    workers: int | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        if self.executor != "dask" and self.address is not None:
            raise UsageError(f"a dask address goes with the executor dask, not with {self.executor}")
        if self.executor == "sequential" and self.workers is not None:
            raise UsageError("workers go with the executors loky and dask; the executor sequential has none")
        if self.workers is not None and self.workers < 1:
            raise UsageError(f"workers is {self.workers}; it is at least 1")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Workers of an executor.

    Attributes
    ----------
    submit
        Hands a call to a worker.
    size
        How many calls may be under way, now.
    deaths
        What a future raises whose worker died.
    tries_again
        Whether a call whose worker died is to be made again; dask does so itself.
    """

    submit: Callable[..., Future[Any]]
    size: Callable[[], int]
    deaths: tuple[type[BaseException], ...]
    tries_again: bool


def pool_of(where: Where) -> AbstractContextManager[Pool]:
    """Return the pool of an executor other than ``sequential``; its workers end with the context.

    Raises :class:`UsageError` where dask is not installed, or no scheduler answers.
    """
    return _loky(where) if where.executor == "loky" else _dask(where)


@contextmanager
def _loky(where: Where) -> Iterator[Pool]:
    workers = where.workers or os.cpu_count() or 1

    def executor() -> Any:  # the same one, until a worker dies: then a new one
        return get_reusable_executor(
            max_workers=workers, timeout=_IDLE, initializer=prepare_worker, initargs=(os.getpid(),)
        )

    def submit(*call: Any) -> Future[Any]:
        try:
            future: Future[Any] = executor().submit(*call)
        except BrokenExecutor:  # it broke between the two
            future = executor().submit(*call)
        return future

    try:
        yield Pool(submit=submit, size=lambda: workers, deaths=(BrokenExecutor,), tries_again=True)
    finally:
        executor().shutdown(wait=True, kill_workers=True)


@contextmanager
def _dask(where: Where) -> Iterator[Pool]:
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError(
            "the executor dask needs the extra 'dask': pip install 'core-harness[dask]'"
        ) from None
    local = {"n_workers": where.workers, "threads_per_worker": 1, "dashboard_address": None}
    to = local if where.address is None else {"address": where.address, "timeout": _CONNECT}
    try:
        client = Client(**to)
    except (OSError, ValueError) as error:
        raise UsageError(f"no dask scheduler answers at {where.address}: {error}") from None
    with client:
        yield Pool(
            submit=client.get_executor(pure=False).submit,
            size=lambda: max(1, min(len(client.nthreads()), where.workers or len(client.nthreads()))),
            deaths=(KilledWorker,),
            tries_again=False,
        )


@contextmanager
def meanwhile(work: Callable[[Event], None]) -> Iterator[None]:
    """Do work in a thread as long as the block takes, and wait for its end; if the block fails, stop it."""
    stop = Event()
    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(copy_context().run, work, stop)
        try:
            yield
            working.result()
        except BaseException:
            stop.set()
            raise


def hand_out(
    places: Sequence[int],
    pool: Pool,
    calls: Mapping[int, Call],
    stop: Event,
    *,
    begun: Callable[[int], None],
    ended: Callable[[int, Any], None],
    lost: Callable[[int], None],
) -> None:
    """Make the calls of some cells in a pool, and say of each when it begins and what it returned.

    Where a worker dies, what was under way may have killed it. So each of these cells is run once more when
    the others are done, alone, so that its worker's death is its own; then it is ``lost``.
    """

    def died(some: Sequence[int]) -> list[int]:
        """Make some calls, and return the cells that were under way when a worker died."""
        waiting, under_way, lost_with_it = deque(some), dict[Future[Any], int](), []
        while (waiting or under_way) and not stop.is_set():
            while waiting and len(under_way) < pool.size():
                place = waiting.popleft()
                begun(place)
                under_way[pool.submit(*calls[place])] = place
            for future in wait(under_way, timeout=_POLL, return_when=FIRST_COMPLETED).done:
                place = under_way.pop(future)
                if future.cancelled() or isinstance(future.exception(), pool.deaths):
                    lost_with_it.append(place)
                else:
                    ended(place, future.result())
        return lost_with_it

    for place in died(places):
        if stop.is_set():  # not tried again, so nothing is known of it
            return
        if not pool.tries_again or died([place]):
            lost(place)
