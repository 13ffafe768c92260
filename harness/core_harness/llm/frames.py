"""Prompts as organizers return them, and replies as the pipeline keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from core_harness.llm.messages import Message, Reply, Request, Role, TopLogprobs
from core_harness.schemas import Schema

PROMPTS: Schema = {
    "prompt_id": pl.UInt32,
    "sample": pl.UInt32,
    "form": pl.String,
    "system": pl.String,
    "user": pl.String,
    "items": pl.List(pl.String),
    "pair_ids": pl.List(pl.UInt32),
}
"""Organizer stage: one prompt a row. ``items`` is what it asks about, ``pair_ids`` whose scores they
bear on, in the same order; ``pair_ids`` is empty where items are no pairs (``grades``). A prompt that
is drawn several times has a row for each ``sample``.
"""

ReplyStatus = Literal["answered", "failed", "not_asked"]
Source = Literal["journal", "cache", "provider"]

_LOGPROBS = pl.List(
    pl.Struct({"start": pl.Int64, "top": pl.List(pl.Struct({"token": pl.String, "logprob": pl.Float64}))})
)

REPLIES: Schema = {
    "prompt_id": pl.UInt32,
    "sample": pl.UInt32,
    "status": pl.String,
    "cause": pl.String,
    "source": pl.String,
    "text": pl.String,
    "model": pl.String,
    "finish": pl.String,
    "logprobs": _LOGPROBS,
    "prompt_tokens": pl.Int64,
    "completion_tokens": pl.Int64,
    "thinking_tokens": pl.Int64,
    "cost": pl.Float64,
    "simulated": pl.Boolean,
}
"""One row a prompt, in its order. ``status`` is ``answered``, ``failed`` or ``not_asked``; ``cause``
says why for the latter two. ``source`` is where the answer came from: this run's ``journal``, the
``cache`` of all runs, or the ``provider``.
"""

_OF_REPLY = (
    *("text", "model", "finish", "prompt_tokens", "completion_tokens", "thinking_tokens", "cost"),
    "simulated",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one prompt: a reply with its source, or why there is none."""

    status: ReplyStatus
    reply: Reply | None = None
    source: Source | None = None
    cause: str | None = None


def begun(prompts: pl.DataFrame) -> pl.DataFrame:
    """Return prompts that are answered by one token, one a pair; ``begun`` is the start of the answer line.

    A pack of pairs becomes a prompt a pair; all of them show the whole pack, which an engine that keeps
    prefixes reads once.
    """
    item = pl.col("items").list.first()
    return (
        prompts.with_columns(pl.col("items").list.len().alias("packed"))
        .explode("items", "pair_ids")
        .with_columns(
            pl.col("pair_ids").alias("prompt_id"),
            pl.when(pl.col("form") == "up-down-none")
            .then(pl.lit("up-down-none-token"))
            .otherwise(pl.lit("token"))
            .alias("form"),
            pl.concat_list("items").alias("items"),
            pl.concat_list("pair_ids").alias("pair_ids"),
        )
        .with_columns(
            pl.when(pl.col("packed") == 1)
            .then(pl.lit("ANSWER:"))
            .otherwise(pl.format("ANSWER {}:", item))
            .alias("begun")
        )
        .select(*PROMPTS, "begun")
    )


def requests_of(prompts: pl.DataFrame) -> list[Request]:
    """Return the request of each row of :data:`PROMPTS`; an empty system text makes no message."""
    columns = [prompts[name].to_list() for name in ("system", "user", "form", "items", "sample")]
    columns.append(prompts["begun"].to_list() if "begun" in prompts.columns else [None] * prompts.height)
    return [
        Request(
            messages=_messages(system, user, start),
            form=form,
            items=tuple(items),
            sample=sample,
        )
        for system, user, form, items, sample, start in zip(*columns, strict=True)
    ]


def _messages(system: str, user: str, start: str | None) -> tuple[Message, ...]:
    turns: tuple[tuple[Role, str | None], ...] = (("system", system), ("user", user), ("assistant", start))
    return tuple(Message(role, text or "") for role, text in turns if text or role == "user")


def replies_frame(prompts: pl.DataFrame, outcomes: Sequence[Outcome]) -> pl.DataFrame:
    """Return :data:`REPLIES`: the outcome of each row of ``prompts``."""
    replies = [outcome.reply for outcome in outcomes]
    content: dict[str, object] = {
        "prompt_id": prompts["prompt_id"],
        "sample": prompts["sample"],
        "status": [outcome.status for outcome in outcomes],
        "cause": [outcome.cause for outcome in outcomes],
        "source": [outcome.source for outcome in outcomes],
        "logprobs": _logprobs_column(replies),
    }
    content |= {name: [getattr(reply, name, None) for reply in replies] for name in _OF_REPLY}
    return pl.DataFrame({name: content[name] for name in REPLIES}, schema=REPLIES)


def replies_of(frame: pl.DataFrame) -> list[Reply | None]:
    """Return the reply of each row of :data:`REPLIES`, or None where there is none."""
    columns = (frame[name].to_list() for name in ("status", *_OF_REPLY, "logprobs"))
    return [
        Reply(**dict(zip(_OF_REPLY, values, strict=True)), logprobs=_from_structs(places))
        if status == "answered"
        else None
        for status, *values, places in zip(*columns, strict=True)
    ]


def _logprobs_column(replies: Sequence[Reply | None]) -> pl.Series:
    # polars makes nested structs from JSON many times faster than from Python objects
    texts = [
        None
        if reply is None or reply.logprobs is None
        else json.dumps([_as_struct(place) for place in reply.logprobs])
        for reply in replies
    ]
    return pl.Series(texts, dtype=pl.String).str.json_decode(_LOGPROBS)


def _as_struct(place: TopLogprobs) -> dict[str, object]:
    return {
        "start": place.start,
        "top": [{"token": token, "logprob": logprob} for token, logprob in place.top],
    }


def _from_structs(places: list[dict[str, Any]] | None) -> tuple[TopLogprobs, ...] | None:
    if places is None:
        return None
    return tuple(
        TopLogprobs(place["start"], tuple((pair["token"], pair["logprob"]) for pair in place["top"]))
        for place in places
    )
