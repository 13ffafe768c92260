"""Requests, replies, and the protocol of an llm plugin.

An llm plugin sends one request and returns one reply, or says why not: :class:`Transient` if asking
again may help, :class:`Permanent` if it will not. It never retries, paces, caches or counts money;
:mod:`core_harness.llm` does that once for every model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from core_harness.llm.formats import Form

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a model.

    Attributes
    ----------
    messages
        The chat so far, system message first.
    form
        Decides the grammar of the answer, and whether log-probabilities are wanted.
    items
        What is asked about, e.g. the genes of a ``yes-no-list``. One item for ``yes-no``.
    sample
        Number of this draw. Draws of the same messages are stored separately.
    """

    messages: tuple[Message, ...]
    form: Form
    items: tuple[str, ...]
    sample: int = 0


@dataclass(frozen=True, slots=True)
class TopLogprobs:
    """The most probable tokens at one place of a reply.

    Attributes
    ----------
    start
        Index in the reply's text of the first character of the token that was generated there.
    top
        ``(token, natural logarithm of its probability)``, the most probable first.
    """

    start: int
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, unparsed.

    Attributes
    ----------
    text
        The visible answer, without the model's thinking.
    logprobs
        Places where the model weighed the words of the form (:func:`~core_harness.llm.logprobs.weighed`),
        or None where the provider gave none.
    prompt_tokens, completion_tokens, thinking_tokens
        As the provider counted; None where it did not say. Thinking is part of completion.
    cost
        US dollars as the plugin or the provider states; None where it is unknown, which is not 0.
    finish
        Why the model stopped: ``"stop"``, ``"length"``, ``"content_filter"``, or None.
    model
        The name under which the provider answered.
    simulated
        Whether a program made the answer up, and no model wrote it. Every figure made from it says so.
    """

    text: str
    model: str
    finish: str | None = None
    logprobs: tuple[TopLogprobs, ...] | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    thinking_tokens: int | None = None
    cost: float | None = None
    simulated: bool = False

    @property
    def tokens(self) -> Tokens | None:
        """What the provider counted, or None where it did not say."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return Tokens(self.prompt_tokens, self.completion_tokens)

    def to_json(self) -> str:
        """Return the reply as one JSON object, fields that say nothing left out."""
        content = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        if not self.simulated and not self.model.startswith(SIMULATED):
            del content["simulated"]
        if self.logprobs is not None:
            content["logprobs"] = [[place.start, place.top] for place in self.logprobs]
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Reply:
        """Return the reply that :meth:`to_json` wrote."""
        content = json.loads(text)
        if (places := content.get("logprobs")) is not None:
            content["logprobs"] = tuple(
                TopLogprobs(start, tuple((token, logprob) for token, logprob in top)) for start, top in places
            )
        # replies of the first schema do not say it; then only the test server simulated, under this name
        content.setdefault("simulated", content["model"].startswith(SIMULATED))
        return cls(**content)


SIMULATED = "simulated/"
"""How the test server's names of scripted models begin, by which a client knows them over HTTP."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of a call: those sent, and those generated with the thinking among them."""

    prompt: int
    completion: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt + self.completion

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.prompt + other.prompt, self.completion + other.completion)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens.

    Attributes
    ----------
    prompt, completion
        Price of tokens sent and of tokens generated.
    date
        Day on which the price was looked up (ISO 8601), or what is used instead.
    """

    prompt: float
    completion: float
    date: str

    def cost(self, tokens: Tokens) -> float:
        """Return the price of ``tokens`` in US dollars."""
        return (self.prompt * tokens.prompt + self.completion * tokens.completion) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The provider that will be asked: shown before anything is sent.

    Attributes
    ----------
    model
        The model as the user named it.
    host
        Where requests go.
    price
        None where it is not known.
    """

    model: str
    host: str
    price: Price | None = None


class Transient(Exception):  # noqa: N818 - it says how to go on, not what is broken
    """The attempt failed, another may succeed.

    Parameters
    ----------
    message
        The cause, on one line.
    retry_after
        Seconds that the provider asked to wait, if it did.
    turned_away
        The provider refused before it did any work: nothing was charged, and fewer requests at a time
        may be welcome.
    tokens
        What the provider counted for the attempt; None where it did not say.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        turned_away: bool = False,
        tokens: Tokens | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.turned_away = turned_away
        self.tokens = tokens


class Permanent(Exception):  # noqa: N818 - see Transient
    """The request will never succeed; it is not sent again.

    Parameters
    ----------
    message
        The cause, on one line.
    hopeless
        No other request can succeed either (a wrong key, an unknown model): the run ends.
    """

    def __init__(self, message: str, *, hopeless: bool = False) -> None:
        super().__init__(message)
        self.hopeless = hopeless


@runtime_checkable
class LLM(Protocol):
    """A language model: one call, one reply."""

    def identity(self) -> Mapping[str, object]:
        """Return everything that changes an answer, apart from the request, as JSON values.

        Model, address, sampling parameters; not timeouts, not keys. Two objects of equal identity share
        their stored replies. It has a key ``model``.
        """
        ...

    def describe(self) -> Provider:
        """Return the provider. Called once before anything is sent.

        Raises :class:`~core_harness.errors.UsageError` for a model that does not exist or a key that is
        not set.
        """
        ...

    def upper_bound(self, request: Request) -> Tokens:
        """Return the most tokens that the request can take (:func:`core_harness.llm.prompt_bound`)."""
        ...

    async def ask(self, request: Request) -> Reply:
        """Send the request once. Raises :class:`Transient` or :class:`Permanent`."""
        ...


@runtime_checkable
class InProcess(LLM, Protocol):
    """A model of this process, which knows before it is asked how much it can take."""

    @property
    def at_once(self) -> int | None:
        """Requests that it works on at a time; None for any number. More would only wait."""
        ...

    def check(self, requests: Sequence[Request]) -> None:
        """Raise :class:`~core_harness.errors.UsageError` where a request does not fit, before any is sent."""
        ...
