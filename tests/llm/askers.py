"""Prompts, and a model in this process, for tests of asking."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from core_harness.knowledge.facts import Facts
from core_harness.llm import (
    LLM,
    PROMPTS,
    Journal,
    Price,
    Provider,
    Reply,
    Request,
    Settings,
    Tokens,
    ask_all,
    prompt_bound,
)
from core_harness.prompts import Layout, load_template, pair_prompts
from core_harness.schemas import PAIRS, Task

TASK = Task(
    dataset="toy", question="de", agent="knockdown", regime="unseen-perturbation", seed=0, simulated=True
)
QUICK = Settings(backoff=0.001, attempts=3)
PRICE = Price(prompt=1.0, completion=2.0, date="2026-11-01")


def pairs(number: int) -> pl.DataFrame:
    """Return distinct queries."""
    rows = [(n, "K562", f"P{n:04}", f"G{n % 7}") for n in range(number)]
    return pl.DataFrame(rows, schema=dict(PAIRS), orient="row")


def prompts(number: int) -> pl.DataFrame:
    """Return distinct prompts."""
    return pair_prompts(
        load_template("isolated"), TASK, pairs(number), None, facts=Facts.none(), layout=Layout()
    )


def small_prompts(texts: Sequence[str]) -> pl.DataFrame:
    """Return prompts of the given texts, which may repeat."""
    rows = [(n, 0, "yes-no", "", text, ["G"], [n]) for n, text in enumerate(texts)]
    return pl.DataFrame(rows, schema=dict(PROMPTS), orient="row")


class Scripted(LLM):
    """A model whose behaviour is a function of the request and the number of the attempt."""

    def __init__(
        self,
        answer: Callable[[str, int], Reply] | None = None,
        *,
        price: Price | None = None,
        seconds: float = 0.0,
        name: str = "scripted",
    ) -> None:
        self._answer = answer or (lambda text, _: said(f"ANSWER: {'yes' if text[-1:] in 'aeiou' else 'no'}"))
        self._price = price
        self._seconds = seconds
        self._name = name
        self.asked: Counter[str] = Counter()
        self.in_flight = 0
        self.most_in_flight = 0

    def identity(self) -> Mapping[str, object]:
        return {"model": self._name}

    def describe(self) -> Provider:
        return Provider(model=self._name, host="this process", price=self._price)

    def upper_bound(self, request: Request) -> Tokens:
        return Tokens(prompt_bound(request), 20)

    async def ask(self, request: Request) -> Reply:
        text = request.messages[-1].content
        self.asked[text] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self._seconds)
            return self._answer(text, self.asked[text])
        finally:
            self.in_flight -= 1


def said(text: str, *, prompt_tokens: int | None = 10, completion_tokens: int | None = 5) -> Reply:
    """Return a reply of this text."""
    return Reply(
        text=text,
        model="scripted",
        finish="stop",
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
    )


def ask(llm: Scripted, texts: list[str], settings: Settings = QUICK, journal: Journal | None = None) -> Any:
    """Ask a model for replies to prompts of these texts."""
    return ask_all(llm, small_prompts(texts), journal=journal or Journal(None), settings=settings)
