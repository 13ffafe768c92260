"""Asking a model all prompts of a run: each distinct one once, and none that was answered before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from core_harness.llm import loop
from core_harness.llm.budget import Budget, Exhausted
from core_harness.llm.frames import Outcome, replies_frame, requests_of
from core_harness.llm.journal import Journal
from core_harness.llm.keys import reply_key
from core_harness.llm.messages import LLM, InProcess, Permanent, Provider, Request
from core_harness.llm.redact import redactor
from core_harness.llm.retry import AskedToWait, Asker, GaveUp, NotSent
from core_harness.llm.settings import Settings
from core_harness.llm.summary import Summary, summarise

_WINDOW = 512
"""Requests that exist as tasks at a time, waiting ones included: a run has a hundred thousand."""

_FUTILE = 20
"""Failures without a single answer that end a run, whatever is allowed: the server does not work."""

OnProgress = Callable[[int, int], None]
"""Called with how many distinct prompts have their outcome, and how many there are."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """``replies`` is a frame of :data:`~core_harness.llm.frames.REPLIES`."""

    replies: pl.DataFrame
    summary: Summary


def ask_all(
    llm: LLM,
    prompts: pl.DataFrame,
    *,
    journal: Journal,
    settings: Settings | None = None,
    announce: Callable[[Provider], None] | None = None,
    on_progress: OnProgress | None = None,
) -> Asked:
    """Ask ``llm`` all ``prompts`` that neither this run nor the cache has an answer to.

    Parameters
    ----------
    llm
        The model.
    prompts
        Frame of :data:`~core_harness.llm.frames.PROMPTS`.
    journal
        Journal of the run. It has each reply before the next step: a killed run loses only what is in flight.
    settings
        Pace, patience and limits; the default has no limit.
    announce
        Called with the provider before anything is sent; not called if nothing will be sent.
    on_progress
        Called from the event loop's thread as outcomes come.

    Returns
    -------
    Asked
        A row for each prompt, failures among them, and the summary. A run that ends early (failures,
        budget, a wrong key) returns normally; ``summary.ended`` says why.

    Raises
    ------
    UsageError
        The model does not exist, its key is not set, or its cost cannot be limited. Nothing was sent.
    KeyboardInterrupt, SystemExit
        After Ctrl-C or SIGTERM, when all calls in flight are closed and written down.
    """
    settings = settings or Settings()
    identity = llm.identity()
    keys: list[str] = []
    requests: dict[str, Request] = {}
    for request in requests_of(prompts):
        key = reply_key(identity, request)
        keys.append(key)
        requests.setdefault(key, request)
    outcomes = _known(journal, requests)
    missing = {key: request for key, request in requests.items() if key not in outcomes}

    ended = None
    if missing and settings.stored_only:
        ended = f"{len(missing)} prompts have no stored answer, and none was to be asked"
        outcomes |= dict.fromkeys(missing, Outcome("not_asked", cause=ended))
        missing = {}

    # a run that lacks nothing needs neither the key of a provider nor a price
    provider = llm.describe() if missing else None
    if provider is not None and announce is not None:
        announce(provider)
    if isinstance(llm, InProcess) and missing:
        llm.check(list(missing.values()))
        settings = replace(settings, concurrency=settings.concurrency or llm.at_once)
    price = settings.price or (None if provider is None else provider.price)
    lost = journal.close_lost()
    before = journal.spent(price)
    asker = Asker(
        llm,
        host="" if provider is None else provider.host,
        price=price,
        settings=settings,
        journal=journal,
        budget=Budget(settings, price, before),
        redact=redactor(),
    )

    def report() -> None:
        if on_progress is not None:
            on_progress(len(outcomes), len(requests))

    report()
    if missing:
        ended = loop.run(_ask_missing(asker, missing, outcomes, settings, report), patience=settings.timeout)
    return Asked(
        replies=replies_frame(prompts, [outcomes[key] for key in keys]),
        summary=summarise(
            outcomes.values(),
            prompts=prompts.height,
            calls=asker.calls,
            counted=asker.counted,
            lost=lost,
            charged=journal.spent(price).plus(before, -1),
            price=price,
            ended=ended,
        ),
    )


def answered_before(
    identity: Mapping[str, object], prompts: pl.DataFrame, *, journal: Journal
) -> pl.DataFrame:
    """Return :data:`~core_harness.llm.frames.REPLIES` that a journal has, ``not_asked`` for the others.

    Sends nothing and writes nothing.
    """
    keys = [reply_key(identity, request) for request in requests_of(prompts)]
    stored = journal.stored(keys)
    missing = Outcome("not_asked", cause="it is not in the journal")
    outcomes = [Outcome("answered", stored[key], "journal") if key in stored else missing for key in keys]
    return replies_frame(prompts, outcomes)


def _known(journal: Journal, requests: Mapping[str, Request]) -> dict[str, Outcome]:
    """Return outcomes of the requests that this run, or any other, was answered before."""
    stored = journal.stored(requests)
    cached = journal.cached(key for key in requests if key not in stored)
    journal.adopt(cached)
    outcomes = {key: Outcome("answered", reply, "journal") for key, reply in stored.items()}
    return outcomes | {key: Outcome("answered", reply, "cache") for key, reply in cached.items()}


async def _ask_missing(
    asker: Asker,
    missing: Mapping[str, Request],
    outcomes: dict[str, Outcome],
    settings: Settings,
    report: Callable[[], None],
) -> str | None:
    """Add the outcome of each missing request to ``outcomes``; return why the run ended early, if it did."""
    window = asyncio.Semaphore(_WINDOW)
    allowed = settings.failures_allowed(len(outcomes) + len(missing))
    failed = answered = 0
    ended: str | None = None

    def end(cause: str) -> None:
        nonlocal ended
        ended = ended or cause
        asker.close()

    async def ask(key: str, request: Request) -> None:
        nonlocal failed, answered
        try:
            outcome = Outcome("answered", await asker.ask(key, request), "provider")
            answered += 1
        except GaveUp as failure:
            outcome = Outcome("failed", cause=str(failure))
            failed += 1
            if failed > allowed or (failed >= _FUTILE and not answered):
                end(f"{failed} prompts failed, the last one: {failure}")
        except Permanent as failure:
            outcome = Outcome("failed", cause=str(failure))
            end(str(failure))
        except (Exhausted, AskedToWait) as limit:
            end(str(limit))
            outcome = Outcome("not_asked", cause=ended)
        except NotSent:
            outcome = Outcome("not_asked", cause=ended)
        finally:
            window.release()
        outcomes[key] = outcome
        report()

    try:
        async with asyncio.TaskGroup() as group:
            for key, request in missing.items():
                await window.acquire()
                if asker.closed:
                    break
                group.create_task(ask(key, request))
    except BaseExceptionGroup as bugs:
        first = bugs.exceptions[0]
        raise first from first.__cause__
    for key in missing:
        outcomes.setdefault(key, Outcome("not_asked", cause=ended))
    return ended
