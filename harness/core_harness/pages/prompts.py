"""The prompts and replies of a run for a browser: compressed, so that ten thousand fit on a page."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import polars as pl

from core_harness.analysis.remade import Remade
from core_harness.evaluation import pipeline
from core_harness.llm import Form, Reply
from core_harness.llm.answers import marked, parse
from core_harness.llm.frames import replies_of
from core_harness.vocabulary import Question

MOST_CHARACTERS = 24_000_000
"""Compressed prompts that a page holds; with the rest of it, it stays below 30 MB."""

_CHUNK = 500
"""Prompts that are compressed together: fewer find less to share, more cannot be left out one by one."""


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """What a model was asked.

    Attributes
    ----------
    chunks
        Lists of prompts as JSON, compressed by gzip, in base64.
    number, left_out
        Prompts of the run, and how many of them are not in the chunks.
    statuses
        Answers by status, the most frequent first.
    """

    chunks: tuple[str, ...]
    number: int
    left_out: int
    statuses: dict[str, int]


def prompts_of(remade: Remade, *, most: int) -> Prompts:
    """Return the prompts of a run that asked a model, up to ``most`` characters of compressed text."""
    asked = pipeline.prompt(remade.method, remade.shown)
    statuses: Counter[str] = Counter()
    chunks: list[str] = []
    kept = length = 0
    records = _records(remade, asked)
    while part := list(islice(records, _CHUNK)):
        statuses.update(answer["status"] for record in part for answer in record["answers"])
        chunk = _compressed(part)
        length += len(chunk)
        if length <= most:
            chunks.append(chunk)
            kept += len(part)
    return Prompts(
        chunks=tuple(chunks),
        number=asked.height,
        left_out=asked.height - kept,
        statuses=dict(statuses.most_common()),
    )


def _compressed(records: list[dict[str, Any]]) -> str:
    text = json.dumps(records, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _records(remade: Remade, prompts: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield each prompt with its reply and what was read in it."""
    replies = remade.replies(prompts)
    if replies is None:
        return
    pairs = {
        pair_id: names
        for pair_id, *names in remade.split.queries.join(remade.split.truth, on="pair_id", how="left")
        .select("pair_id", "perturbation", "gene", "context", "label")
        .iter_rows()
    }
    rows = zip(prompts.iter_rows(named=True), replies.iter_rows(named=True), replies_of(replies), strict=True)
    for prompt, outcome, reply in rows:
        yield {
            "id": prompt["prompt_id"],
            "sample": prompt["sample"],
            "system": prompt["system"],
            "user": prompt["user"],
            "reply": None if reply is None else marked(reply, cast("Form", prompt["form"]), prompt["items"]),
            "why": outcome["cause"],
            "tokens": [outcome["prompt_tokens"], outcome["completion_tokens"]],
            "cost": outcome["cost"],
            "answers": _answers(remade.shown.task.question, prompt, reply, outcome["status"], pairs),
        }


def _answers(
    question: Question,
    prompt: dict[str, Any],
    reply: Reply | None,
    status: str,
    pairs: dict[int, list[Any]],
) -> list[dict[str, Any]]:
    """Return what a reply says of each item: value, status, and the label where the item is a query."""
    items: list[str] = prompt["items"]
    read = [] if reply is None else parse(reply, cast("Form", prompt["form"]), items)
    ids = prompt["pair_ids"] or [None] * len(items)
    answers = []
    for at, (item, pair_id) in enumerate(zip(items, ids, strict=True)):
        perturbation, gene, context, label = pairs.get(pair_id, (None, None, None, None))
        answers.append(
            {
                "of": item if perturbation is None else f"{perturbation} on {gene} in {context}",
                "value": read[at].to(question) if read else None,
                "status": read[at].status if read else status,
                "label": label,
            }
        )
    return answers
