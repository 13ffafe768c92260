"""Checks of language models."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic_core import to_json

from core_harness.errors import HarnessError, UsageError
from core_harness.llm import (
    SIMULATED,
    Form,
    Message,
    Permanent,
    Provider,
    Reply,
    Request,
    Tokens,
    Transient,
    loop,
)
from core_harness.llm.checked import checked
from core_harness.plugins.component import Instance
from core_harness.plugins.guard import GuardedLLM, call
from core_harness.testing.contract.handled import QUIET, quiet
from core_harness.testing.contract.subject import Check, Fault, Skip, Subject
from core_harness.testing.contract.worlds import HOSTILE

_PATIENCE = 120.0
"""Seconds for one reply."""

_USUAL = "Perturbation: P0001\nGene: G0001\nDoes the gene change? End with ANSWER: yes or no."


def request(text: str = _USUAL, *, items: Sequence[str] = ("G0001",)) -> Request:
    """Return a request as the pipeline sends it."""
    form: Form = "yes-no" if len(items) == 1 else "yes-no-list"
    messages = (Message("system", "You are a biologist."), Message("user", text))
    return Request(messages=messages, form=form, items=tuple(items))


def identity(subject: Subject) -> None:
    """Compare the identity of two equal objects, and write it as JSON."""
    first, second = (call(subject.fresh(), "identity") for _ in range(2))
    try:
        written = [to_json(dict(one)) for one in (first, second)]
    except (TypeError, ValueError) as error:
        raise Fault(f"identity() is no mapping of JSON values: {error}") from None
    if "model" not in first:
        raise Fault("identity() has no key 'model'")
    if written[0] != written[1]:
        raise Fault("two equal objects have different identities")


def described(subject: Subject) -> str:
    """Ask who will be asked, and how large a request can be."""
    instance = subject.fresh()
    provider = _described(instance)
    if not isinstance(provider, Provider):
        raise Fault(f"describe() returned {type(provider).__name__}, wanted a core_harness.llm.Provider")
    bound = call(instance, "upper_bound", request())
    if not isinstance(bound, Tokens) or bound.prompt <= 0 or bound.completion <= 0:
        raise Fault(f"upper_bound() returned {bound!r:.60}, wanted Tokens above 0")
    return f"{provider.model} at {provider.host}"


def asynchronous(subject: Subject) -> None:
    """Look at how ask is defined."""
    if not asyncio.iscoroutinefunction(subject.object.ask):
        raise Fault("ask is not defined with 'async def'")


def reply(subject: Subject) -> str:
    """Send one request, and look at the reply as the pipeline does."""
    found = _asked(subject, subject.fresh(), request())
    if isinstance(found, Exception):
        return f"it failed as it should: {found}"
    if not isinstance(found.simulated, bool):
        raise Fault(f"simulated is {found.simulated!r:.40}; it is True or False")
    if found.model.startswith(SIMULATED) and not found.simulated:
        raise Fault(f"the reply of {found.model!r} does not say that it is simulated")
    return f"{found.model} answered {found.text[:40]!r}" + (", simulated" if found.simulated else "")


def hard_requests(subject: Subject) -> None:
    """Send what is hard to send."""
    instance = subject.fresh()
    for sent in (
        request(" ".join(HOSTILE), items=HOSTILE[:5]),
        request(""),
        request("\ud800 half a character"),
    ):
        _asked(subject, instance, sent)


def interrupted(subject: Subject) -> None:
    """Cancel a request that was begun."""
    instance = _may_ask(subject, subject.fresh())

    async def cancel() -> bool:
        task = asyncio.ensure_future(instance.object.ask(request()))
        await asyncio.sleep(0)
        if task.done():  # it answered at once
            return True
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=5)
        if not done:
            return False
        return task.cancelled() or task.exception() is not None

    if not loop.run(cancel()):
        raise Fault("a request that is cancelled goes on")


def still(subject: Subject) -> None:
    """Listen while the model is described and asked."""

    def speak(instance: Instance) -> None:
        _described(instance)
        _asked(subject, instance, request())

    quiet(subject, speak)


def _described(instance: Instance) -> object:
    try:
        return call(instance, "describe")
    except UsageError as missing:
        raise Skip(str(missing)) from None


def _may_ask(subject: Subject, instance: Instance) -> Instance:
    if not subject.asks:
        raise Skip("it was not to be sent any request")
    _described(instance)
    return instance


def _asked(subject: Subject, instance: Instance, sent: Request) -> Reply | Exception:
    """Return the reply, or the failure that the model raised as it should."""
    llm = GuardedLLM(_may_ask(subject, instance))

    async def ask() -> Reply:
        return checked(await asyncio.wait_for(llm.ask(sent), _PATIENCE))

    try:
        return loop.run(ask())
    except Permanent as failure:
        if failure.hopeless:
            raise Skip(str(failure)) from None
        return failure
    except Transient as failure:
        if str(failure).startswith("the reply "):
            raise Fault(str(failure)) from None
        return failure
    except TimeoutError:
        raise Fault(f"no reply within {_PATIENCE:g} s") from None
    except HarnessError as error:
        raise Fault(str(error)) from None


LLM = (
    Check(
        name="identity-is-whole",
        run=identity,
        why="replies are stored by it: two models of one identity share their answers",
        mend="return model, address and sampling parameters, without keys, timeouts and prices",
    ),
    Check(
        name="says-who-is-asked",
        run=described,
        why="the provider is shown, and the cost limited, before anything is sent",
        mend="return a Provider from describe(), and core_harness.llm.prompt_bound in upper_bound()",
    ),
    Check(
        name="ask-is-asynchronous",
        run=asynchronous,
        why="many requests are in flight at a time, in one thread",
        mend="write 'async def ask', and run blocking calls with asyncio.to_thread",
    ),
    Check(
        name="replies-or-says-why-not",
        run=reply,
        why="a reply that is none is paid for and lost; a simulated one would pass for a model's",
        mend=(
            "return a core_harness.llm.Reply, with simulated=True where no model wrote it; or raise "
            "Transient or Permanent"
        ),
    ),
    Check(
        name="hard-requests",
        run=hard_requests,
        why="one name that cannot be sent would end a run of 100,000 prompts",
        mend="turn errors of the client into Transient, where another attempt may help, or Permanent",
    ),
    Check(
        name="can-be-interrupted",
        run=interrupted,
        why="time limits and Ctrl-C cancel requests; one that goes on is paid for and lost",
        mend="await what can be cancelled, and do not catch BaseException or asyncio.CancelledError",
    ),
    Check(name=QUIET.name, run=still, why=QUIET.why, mend=QUIET.mend),
)
"""Checks of language models, besides how they are made."""
