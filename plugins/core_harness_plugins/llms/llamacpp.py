"""A model that answers in this process: weights in a GGUF file, no key, no network."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from core_harness import data_folder
from core_harness.errors import UsageError
from core_harness.llm import (
    BY_TOKEN,
    AnswerBy,
    Permanent,
    Price,
    Provider,
    Reply,
    Request,
    Tokens,
    exact_schema,
    first_place,
    grammar,
    prompt_bound,
    weighed,
    words_of,
)
from core_harness.plugins.limits import Count, NotNegative
from core_harness_plugins.llms.llamacpp_engine import Engine, digest, engine_version, open_engine

_QUANTISATION = re.compile(r"(?<![A-Za-z0-9])(I?Q\d\w*|BF16|F16|F32)(?=\.gguf$)", re.IGNORECASE)
Structured = Literal["json", "grammar", "off"]


class LlamaCpp:
    """A GGUF file, read by llama.cpp.

    Parameters
    ----------
    model
        Path of the file, or its place in the data folder.
    sha256
        Digest that the file must have; empty takes any.
    answer
        ``text``: the model writes its answer. ``token``: its answer line is begun, and one token is read.
    structured
        How a written answer is kept to its form: a JSON object, answer lines by a grammar, or not at all.
    reasoning
        Characters of reasoning at most, where the form is kept.
    temperature
        Of sampling; the number of the sample is the seed.
    max_tokens
        Tokens of the answer at most.
    context
        Tokens of a prompt and its answer together at most.
    slots
        Requests at a time. More write faster; what is computed together may differ in its last digits.
    threads
        Of the computation.
    reuse
        Whether what a prompt shares with the one before it is read once. Numbers then depend a little on the
        order of prompts, which is the same in each run that is not resumed; without it, on nothing.
    top_logprobs
        Alternatives that are listed at each token, for answers that are words.
    """

    def __init__(
        self,
        *,
        model: str = "",
        sha256: str = "",
        answer: AnswerBy = "text",
        structured: Structured = "json",
        reasoning: Annotated[int, Field(ge=0)] = 240,
        temperature: NotNegative = 0.0,
        max_tokens: Count = 512,
        context: Count = 4096,
        slots: Count = 1,
        threads: Count = 1,
        reuse: bool = True,
        top_logprobs: Annotated[int, Field(ge=1, le=1000)] = 20,
    ) -> None:
        self.model = model
        self.sha256 = sha256
        self.answer = answer
        self.structured = structured
        self.reasoning = reasoning
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.context = context
        self.slots = slots
        self.threads = threads
        self.reuse = reuse
        self.top_logprobs = top_logprobs

    @property
    def at_once(self) -> int:
        """Requests that the engine works on at a time."""
        return self.slots

    def identity(self) -> Mapping[str, object]:
        """Return what changes an answer: the weights by their digest, the engine, and how it is asked."""
        quantisation = _QUANTISATION.search(self._path.name)
        written = (
            {}
            if self.answer == "token"
            else {
                "structured": self.structured,
                "reasoning": self.reasoning,
                "temperature": self.temperature,
                "max_tokens": self.max_tokens,
            }
        )
        return {
            "llm": "llamacpp",
            "model": self._path.stem,
            "sha256": digest(self._path),
            "quantisation": quantisation[1].upper() if quantisation else "not known",
            "engine": f"xllamacpp {engine_version()}",
            "answer": self.answer,
            "context": self.context,
            "slots": self.slots,
            "threads": self.threads,
            "reuse": self.reuse,
            "top_logprobs": self.top_logprobs,
            **written,
        }

    def describe(self) -> Provider:
        """Return this process. Raises :class:`UsageError` for weights that are not those expected."""
        if self.sha256 and (found := digest(self._path)) != self.sha256:
            raise UsageError(
                f"{self._path.name} is not the file that was expected: its sha256 is {found}, not "
                f"{self.sha256}; delete it and pull it again"
            )
        return Provider(
            model=self._path.stem,
            host="this process",
            price=Price(prompt=0.0, completion=0.0, date="this machine"),
        )

    def check(self, requests: Sequence[Request]) -> None:
        """Raise :class:`UsageError` where a prompt and its answer do not fit the context."""
        room = self.context - self._most_generated
        suspects = [request for request in requests if prompt_bound(request) > room]
        counts = [count for request in suspects if (count := self._engine.count(request.messages)) > room]
        if counts:
            needed = max(counts) + self._most_generated
            raise UsageError(
                f"{len(counts):,} of {len(requests):,} prompts do not fit the context of {self.context:,} "
                f"tokens: the longest has {max(counts):,}, and {self._most_generated:,} are kept for its "
                f"answer; give --model-param context={needed}, or shorter prompts, e.g. -p organizer.facts=2"
            )

    def upper_bound(self, request: Request) -> Tokens:
        """Return the most tokens of a request: its bytes, and the bound of its answer."""
        return Tokens(prompt_bound(request), self._most_generated)

    async def ask(self, request: Request) -> Reply:
        """Have the engine answer once."""
        answer = await asyncio.to_thread(self._engine.answer, self._body(request))
        if error := answer.get("error"):
            raise Permanent(f"llama.cpp: {error.get('message', error)}")
        return self._reply(request, answer)

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "messages": [{"role": turn.role, "content": turn.content} for turn in request.messages],
            "max_tokens": self._most_generated,
            "temperature": self.temperature,
            "seed": request.sample,
            "cache_prompt": self.reuse,
        }
        if words_of(request.form):
            body |= {"logprobs": True, "top_logprobs": self.top_logprobs}
        if request.form in BY_TOKEN or self.structured == "off":
            return body
        if self.structured == "grammar":
            return body | {"grammar": grammar(request.form, request.items, reasoning=self.reasoning)}
        schema = exact_schema(request.form, request.items, reasoning=self.reasoning)
        wanted = {"name": "answer", "strict": True, "schema": schema}
        return body | {"response_format": {"type": "json_schema", "json_schema": wanted}}

    def _reply(self, request: Request, answer: Mapping[str, Any]) -> Reply:
        choice = answer["choices"][0]
        places = (choice.get("logprobs") or {}).get("content") or ()
        tokens = [
            (bytes(place["bytes"]), [(top["token"], top["logprob"]) for top in place["top_logprobs"]])
            for place in places
        ]
        text = choice["message"].get("content") or ""
        if request.form in BY_TOKEN:  # the text repeats the line that was begun
            text, logprobs = first_place(tokens)
        else:
            logprobs = weighed(text, tokens, words_of(request.form)) if tokens else None
        return Reply(
            text=text,
            model=self._path.stem,
            finish=choice.get("finish_reason"),
            logprobs=logprobs,
            prompt_tokens=answer["usage"]["prompt_tokens"],
            completion_tokens=answer["usage"]["completion_tokens"],
        )

    @property
    def _most_generated(self) -> int:
        return 1 if self.answer == "token" else self.max_tokens

    @cached_property
    def _path(self) -> Path:
        if not self.model:
            raise UsageError("the llm llamacpp needs weights: --model llamacpp:FILE.gguf")
        for path in (Path(self.model).expanduser(), data_folder() / self.model):
            if path.is_file():
                return path
        raise UsageError(
            f"the weights {self.model} are not on this machine; `core-harness models pull NAME` gets those "
            "of the registry"
        )

    @cached_property
    def _engine(self) -> Engine:
        return open_engine(self._path, context=self.context, slots=self.slots, threads=self.threads)
